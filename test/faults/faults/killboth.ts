/** SIGKILL of the leading store and of a nats-server at the same moment. */
import { type Fault, leaderOf } from "./fault.ts";

export const killBoth: Fault = {
  name: "kill-both",
  holdMs: [50, 1_000],
  async begin(broken) {
    const { child } = leaderOf(broken);
    const { name, nats } = broken.random.pick(broken.rig.servers);
    await Promise.all([child.end("SIGKILL"), nats.kill("SIGKILL")]);
    return { what: `${child.name} and ${name}` };
  },
};
