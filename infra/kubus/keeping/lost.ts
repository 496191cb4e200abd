/** Notices a store that is gone altogether, which looks like one that was never there. */
import type { World } from "#libs/actor/world.ts";
import { findKept } from "../../../services/store/backup/kept.ts";
import type { ClusterRecord } from "../data.ts";
import { type BusAddress, connectTo } from "../runners/runner.ts";

/** Whether the cluster of before kept its store on the servers that are used now. Pure. */
export function expectsStore(before: ClusterRecord | undefined, { servers, token }: BusAddress) {
  if (!before?.keepsStore) return false;
  const isOwn = token !== undefined;
  return isOwn ? before.natsToken !== undefined : before.natsUrl === servers;
}

/**
 * Rejects when nothing is left of the store: a start would make an empty one in its place.
 * @param which options by which other commands find the cluster
 */
export async function refuseLostStore(
  address: BusAddress,
  which: string,
  world: World,
): Promise<void> {
  const bus = await connectTo(address, "up", world);
  try {
    if ((await findKept(bus, world)).names.length > 0) return;
  } finally {
    await bus.close();
  }
  throw new Error(`a cluster ran here, but the NATS server has nothing of its store any more
  to restore a backup:      npx kubus store snapshot restore FILE${which}
  to begin with nothing:    npx kubus down --purge${which}`);
}
