/** SIGKILL of the store that leads, which is started again after a while. */
import { type Fault, leaderOf } from "./fault.ts";

export const killStore: Fault = {
  name: "kill-store",
  holdMs: [100, 1_500],
  async begin(broken) {
    const { child } = leaderOf(broken);
    await child.end("SIGKILL");
    return { what: child.name };
  },
};
