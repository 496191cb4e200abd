/** The wall clocks of stores jump, each its own way, and then back. */
import type { Fault } from "./fault.ts";

const jumpsMs = [-3_600_000, -60_000, -1_500, 1_500, 60_000, 300_000];

export const jumpClock: Fault = {
  name: "jump-clock",
  holdMs: [300, 2_000],
  async begin({ rig, random }) {
    const jumps = rig.stores.map(({ child }) => {
      const aheadMs = random.pick(jumpsMs);
      child.setClock(aheadMs);
      return `${child.name} by ${aheadMs / 1_000} s`;
    });
    return { what: jumps.join(", ") };
  },
};
