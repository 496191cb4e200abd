/** All servers lose their power at once; their disks forget what was not fsynced. */
import type { Fault } from "./fault.ts";

export const cutPower: Fault = {
  name: "cut-power",
  needs: "disks",
  holdMs: [50, 500],
  async begin({ rig }) {
    await Promise.all(rig.servers.map((server) => server.losePower()));
    return { what: rig.servers.map(({ name }) => name).join(", ") };
  },
};
