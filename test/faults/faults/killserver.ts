/** SIGKILL of a nats-server. */
import type { Fault } from "./fault.ts";

export const killServer: Fault = {
  name: "kill-server",
  holdMs: [50, 2_000],
  async begin({ rig, random }) {
    const { name, nats } = random.pick(rig.servers);
    await nats.kill("SIGKILL");
    return { what: name };
  },
};
