/** A store that stands by is cut off: it hears of no leader, and must not become a second one. */
import type { Direction } from "#libs/testing/link.ts";
import { type Fault, leaderOf, standbysOf } from "./fault.ts";

const ways: readonly (readonly Direction[])[] = [
  ["toServer", "toClient"],
  ["toServer"],
  ["toClient"],
];

export const cutStandby: Fault = {
  name: "cut-standby",
  holdMs: [200, 4_000],
  async begin(broken) {
    const { child, links } = standbysOf(broken)[0] ?? leaderOf(broken);
    const directions = broken.random.pick(ways);
    for (const link of links) link.cut(...directions);
    return { what: `${child.name}, ${directions.join(" and ")}` };
  },
};
