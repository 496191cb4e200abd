/** The disk of a server is full; then there is space again. */
import type { Begun, Broken, Fault } from "./fault.ts";
import type { BusServer } from "../rig/servers.ts";

const holdMs = [500, 2_500] as const;

export const fullDisk: Fault = {
  name: "full-disk",
  needs: "disks",
  holdMs,
  begin: ({ rig, random }) => fill([random.pick(rig.servers)]),
};

/**
 * The disks of all servers at once. Three servers of 2.10 may lose the list of their streams by it,
 * and remove what they hold half a minute later: the store refuses, but nothing is left to serve.
 */
export const fullDisks: Fault = {
  name: "full-disks",
  needs: "disks",
  isOnlyByName: true,
  holdMs,
  begin: ({ rig }: Broken) => fill(rig.servers),
};

async function fill(servers: readonly BusServer[]): Promise<Begun> {
  for (const { disk } of servers) await disk?.fill();
  return { what: servers.map(({ name }) => name).join(", ") };
}
