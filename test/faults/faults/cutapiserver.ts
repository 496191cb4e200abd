/** An API server is cut off from the bus, both ways or one. */
import type { Direction } from "#libs/testing/link.ts";
import type { Fault } from "./fault.ts";

const ways: readonly (readonly Direction[])[] = [
  ["toServer", "toClient"],
  ["toServer"],
  ["toClient"],
];

export const cutApiServer: Fault = {
  name: "cut-apiserver",
  needs: "apiserver",
  holdMs: [200, 4_000],
  async begin({ rig, random }) {
    const { child, links } = random.pick(rig.apiservers);
    const directions = random.pick(ways);
    for (const link of links) link.cut(...directions);
    return { what: `${child.name}, ${directions.join(" and ")}` };
  },
};
