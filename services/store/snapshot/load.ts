/** Gives the memory back what the newest good snapshot holds. */
import type { Logger } from "pino";
import type { Subjects } from "#libs/bus/subjects.ts";
import type { SnapshotChunk, SnapshotManifest } from "#proto/gen/kubus/store/v1.ts";
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import type { DurableStream, StoredMessage } from "../log/stream.ts";
import { BrokenInvariantError, type StoreMemory } from "../memory/memory.ts";
import { checkSnapshot, readManifest } from "./format.ts";

export interface Loaded {
  readonly memory: StoreMemory;
  /** Where the log goes on. */
  readonly position: LogPosition;
}

/**
 * Loads the newest snapshot; when it is damaged, reports that and loads the one before. Without
 * any, gives an empty memory at the start of the log: whether the log reaches back so far is for
 * the replay to say.
 */
export async function loadSnapshot(
  snapshots: DurableStream,
  subjects: Subjects,
  log: Logger,
  emptyMemory: () => StoreMemory,
): Promise<Loaded> {
  const subject = subjects.snapshot("manifest");
  let message = await newestManifest(snapshots, subject);
  while (message) {
    try {
      return await loadOne(snapshots, message, emptyMemory());
    } catch (error) {
      const isDamage = error instanceof DamagedError || error instanceof BrokenInvariantError;
      if (!isDamage) throw error;
      log.error(`a snapshot is damaged: ${error.message}; trying the one before`);
      message = await manifestBefore(snapshots, subject, message.sequence);
    }
  }
  return { memory: emptyMemory(), position: startOfLog };
}

/** Reads one snapshot, named by its manifest, into an empty memory. Throws DamagedError. */
export async function loadOne(
  snapshots: DurableStream,
  { sequence: at, payload: bytes }: StoredMessage,
  memory: StoreMemory,
): Promise<Loaded> {
  const manifest = readManifest(at, bytes);
  await checkSnapshot(snapshots, manifest, at, (chunk) => restoreChunk(memory, chunk));
  return { memory, position: restoreManifest(memory, manifest) };
}

/** Puts the records of a chunk into the memory. Throws DamagedError, BrokenInvariantError. */
export function restoreChunk(memory: StoreMemory, { records }: SnapshotChunk): void {
  for (const { key, ...record } of records) {
    if (!key) throw new DamagedError(`a record of revision ${record.revision} has no key`);
    memory.restore({ ...record, key });
  }
}

/** Closes the memory behind the last chunk. Returns where the log goes on. */
export function restoreManifest(memory: StoreMemory, manifest: SnapshotManifest): LogPosition {
  for (const { group, resource, revision, prunedRevision, partitions } of manifest.heads) {
    const heads = partitions.map((each) => [each.partition, each.revision] as const);
    memory.restoreHeads(group, resource, revision, prunedRevision, heads);
  }
  const position = positionOf(manifest);
  memory.restored(manifest.revision, position);
  return position;
}

export const positionOf = (manifest: SnapshotManifest): LogPosition => ({
  sequence: manifest.logSequence,
  crc: manifest.logCrc,
  epoch: manifest.logEpoch,
  nextRevision: manifest.logNextRevision,
});

/**
 * The newest manifest. A server that just removed older messages was seen to say that there is none
 * on the subject: its word is not taken while the stream holds something.
 */
export async function newestManifest(
  snapshots: DurableStream,
  subject: string,
): Promise<StoredMessage | undefined> {
  const message = await snapshots.lastOn(subject);
  if (message) return message;
  const { last, messages } = await snapshots.range();
  return messages === 0 ? undefined : manifestBefore(snapshots, subject, last + 1);
}

/** Looks backwards, past the chunks of the newer one and what a crash left behind. */
export async function manifestBefore(
  snapshots: DurableStream,
  subject: string,
  sequence: number,
): Promise<StoredMessage | undefined> {
  const { first } = await snapshots.range();
  for (let at = sequence - 1; at >= first; at -= 1) {
    const message = await snapshots.message(at);
    if (message?.subject === subject) return message;
  }
  return undefined;
}
