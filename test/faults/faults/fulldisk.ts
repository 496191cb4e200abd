/** The disk of every server is full; then there is space again. */
import type { Fault } from "./fault.ts";

export const fullDisk: Fault = {
  name: "full-disk",
  needs: "disks",
  holdMs: [500, 2_500],
  async begin({ rig }) {
    for (const { disk } of rig.servers) await disk?.fill();
    return { what: rig.servers.map(({ name }) => name).join(", ") };
  },
};
