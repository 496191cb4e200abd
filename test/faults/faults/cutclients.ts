/** Some of the clients are cut off from the servers, both ways or one. */
import type { Direction } from "#libs/testing/link.ts";
import type { Fault } from "./fault.ts";

const ways: readonly (readonly Direction[])[] = [
  ["toServer", "toClient"],
  ["toServer"],
  ["toClient"],
];

export const cutClients: Fault = {
  name: "cut-clients",
  holdMs: [200, 2_500],
  async begin({ rig, random }) {
    const directions = random.pick(ways);
    if (rig.clientLinks.length === 0) return { what: "nobody: clients speak HTTPS" };
    for (const link of random.pick(rig.clientLinks)) link.cut(...directions);
    return { what: directions.join(" and ") };
  },
};
