/** SIGSTOP of a store that stands by: when it wakes up, what it knows is old. */
import { type Fault, leaderOf, standbysOf } from "./fault.ts";

export const pauseStandby: Fault = {
  name: "pause-standby",
  holdMs: [200, 4_000],
  async begin(broken) {
    const { child } = standbysOf(broken)[0] ?? leaderOf(broken);
    child.pause();
    return { what: child.name };
  },
};
