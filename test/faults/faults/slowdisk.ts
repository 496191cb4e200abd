/** The disk of a server hangs for a while again and again: no write and no fsync comes back. */
import { realWorld } from "#libs/actor/world.ts";
import type { Fault } from "./fault.ts";

export const slowDisk: Fault = {
  name: "slow-disk",
  needs: "disks",
  holdMs: [500, 3_000],
  async begin({ rig, random }) {
    const { name, disk } = random.pick(rig.servers);
    const hangMs = random.between(20, 300);
    let isOver = false;
    const hanging = (async () => {
      while (!isOver) {
        await disk?.freeze();
        await realWorld.sleep(hangMs);
        await disk?.thaw();
        await realWorld.sleep(10);
      }
    })();
    const mend = () => {
      isOver = true;
      return hanging;
    };
    return { what: `${name}, ${hangMs} ms at a time`, mend };
  },
};
