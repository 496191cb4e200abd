/** SIGSTOP of the store that leads; when it wakes up it does not know that time has passed. */
import { type Fault, leaderOf } from "./fault.ts";

export const pauseStore: Fault = {
  name: "pause-store",
  holdMs: [200, 4_000],
  async begin(broken) {
    const { child } = leaderOf(broken);
    child.pause();
    return { what: child.name };
  },
};
