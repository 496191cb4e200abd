/** The leading store is cut off from all servers, both ways or one. */
import type { Direction } from "#libs/testing/link.ts";
import { type Fault, leaderOf } from "./fault.ts";

const ways: readonly (readonly Direction[])[] = [
  ["toServer", "toClient"],
  ["toServer"],
  ["toClient"],
];

export const cutStore: Fault = {
  name: "cut-store",
  holdMs: [200, 4_000],
  async begin(broken) {
    const { child, links } = leaderOf(broken);
    const directions = broken.random.pick(ways);
    for (const link of links) link.cut(...directions);
    return { what: `${child.name}, ${directions.join(" and ")}` };
  },
};
