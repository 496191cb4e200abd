/** Messages between stores and servers take their time. */
import type { Fault } from "./fault.ts";

export const slowLinks: Fault = {
  name: "slow-links",
  holdMs: [500, 3_000],
  async begin({ rig, random }) {
    const delayMs = random.between(5, 120);
    for (const link of [...rig.stores, ...rig.apiservers].flatMap((each) => each.links))
      link.slow(delayMs);
    return { what: `${delayMs} ms each way` };
  },
};
