/** SchedulingGates: a gated pod waits until its gates are gone. */
import type { PreEnqueuePlugin } from "../framework.ts";

export const schedulingGates: PreEnqueuePlugin = {
  name: "SchedulingGates",
  preEnqueue({ spec }) {
    const gates = (spec?.schedulingGates ?? []).map(({ name = "" }) => name);
    return gates.length > 0 ? `waiting for scheduling gates: [${gates.join(" ")}]` : undefined;
  },
};
