/** Puts a backup into the empty streams of a cluster whose store does not run. */
import { writeSnapshot } from "../snapshot/write.ts";
import { settingsOf } from "../settings.ts";
import type { Kept } from "./kept.ts";
import type { Backup } from "./load.ts";

export interface Restored {
  /** Revision of the state now: nothing can be watched or listed from before it. */
  readonly revision: number;
  readonly keys: number;
}

/**
 * Writes the state as a snapshot, with an empty log behind it. Its revision is raised, and is the
 * floor of what can be asked for: clients that saw later revisions, which the backup has not, are
 * told that theirs is gone, instead of hearing a past that never happened.
 * @param bump how much the revision is raised; more than was written after the backup
 */
export async function restoreBackup(
  kept: Kept,
  { memory, position, end }: Backup,
  bump: number,
): Promise<Restored> {
  const revision = end.revision + bump;
  // Nothing of the window is kept: the floor of every resource is its last change.
  for (const table of memory.tables.values()) {
    const { group, resource, revision: head, prunedRevision, partitions } = table;
    memory.restoreHeads(group, resource, head, prunedRevision, [...partitions]);
  }
  const { epoch } = position;
  memory.restored(revision, { sequence: 0, crc: 0, epoch, nextRevision: revision + 1 });
  const { records } = await writeSnapshot({
    subjects: kept.bus.subjects,
    log: kept.log,
    snapshots: kept.snapshots,
    memory,
    chunkBytesMax: settingsOf({}, kept.bus.payloadMax).queue.batchBytesMax,
    nowMs: () => kept.world.now(),
    signal: new AbortController().signal,
  });
  return { revision, keys: records };
}
