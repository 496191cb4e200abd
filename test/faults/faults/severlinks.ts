/** Every TCP connection of stores and clients is reset, again and again. */
import { realWorld } from "#libs/actor/world.ts";
import type { Fault } from "./fault.ts";

const everyMs = 150;

export const severLinks: Fault = {
  name: "sever-links",
  holdMs: [300, 1_500],
  async begin({ rig }) {
    const links = [
      ...[...rig.stores, ...rig.apiservers].flatMap((each) => each.links),
      ...rig.clientLinks.flat(),
    ];
    const cancel = realWorld.every(everyMs, () => {
      for (const link of links) link.sever();
    });
    return { what: `${links.length} links`, mend: async () => cancel() };
  },
};
