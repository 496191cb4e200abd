/** SIGKILL of a store that stands by; of the leader where there is none. */
import { type Fault, leaderOf, standbysOf } from "./fault.ts";

export const killStandby: Fault = {
  name: "kill-standby",
  holdMs: [100, 1_500],
  async begin(broken) {
    const { child } = standbysOf(broken)[0] ?? leaderOf(broken);
    await child.end("SIGKILL");
    return { what: child.name };
  },
};
