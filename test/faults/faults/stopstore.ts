/** The leading store ends in order, as for an update. */
import { type Fault, leaderOf } from "./fault.ts";

export const stopStore: Fault = {
  name: "stop-store",
  holdMs: [100, 1_500],
  async begin(broken) {
    const { child } = leaderOf(broken);
    await child.end("SIGTERM");
    return { what: child.name };
  },
};
