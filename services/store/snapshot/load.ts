/** Gives the memory back what the newest good snapshot holds. */
import type { Logger } from "pino";
import type { Subjects } from "#libs/bus/subjects.ts";
import type { SnapshotManifest, SnapshotRecord } from "#proto/gen/kubus/store/v1.ts";
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import type { DurableStream, StoredMessage } from "../log/stream.ts";
import { BrokenInvariantError, type StoreMemory } from "../memory/memory.ts";
import { chainCrc, readChunk, readManifest } from "./format.ts";

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
  let message = await snapshots.lastOn(subject);
  while (message) {
    try {
      return await load(snapshots, message, emptyMemory());
    } catch (error) {
      const isDamage = error instanceof DamagedError || error instanceof BrokenInvariantError;
      if (!isDamage) throw error;
      log.error(`a snapshot is damaged: ${error.message}; trying the one before`);
      message = await manifestBefore(snapshots, subject, message.sequence);
    }
  }
  return { memory: emptyMemory(), position: startOfLog };
}

async function load(
  snapshots: DurableStream,
  { sequence: at, payload: bytes }: StoredMessage,
  memory: StoreMemory,
): Promise<Loaded> {
  const manifest = readManifest(at, bytes);
  const { chunkSequence, chunks, records, chunksCrc, revision } = manifest;
  const { first } = await snapshots.range();
  if (chunks > 0 && first > chunkSequence) {
    throw new DamagedError(`snapshot message ${at}: its chunks were removed`);
  }
  let [index, found, crc] = [0, 0, 0];
  for await (const message of snapshots.read(chunkSequence, chunkSequence + chunks - 1)) {
    if (message.sequence !== chunkSequence + index) break;
    const read = readChunk(manifest, index, message.sequence, message.payload);
    crc = chainCrc(crc, read.crc);
    for (const record of read.chunk.records) restore(memory, record);
    found += read.chunk.records.length;
    index += 1;
  }
  if (index !== chunks || found !== records || crc !== chunksCrc) {
    throw new DamagedError(`snapshot message ${at}: ${index} of ${chunks} chunks are right`);
  }
  for (const { group, resource, revision: head, prunedRevision, partitions } of manifest.heads) {
    const heads = partitions.map((each) => [each.partition, each.revision] as const);
    memory.restoreHeads(group, resource, head, prunedRevision, heads);
  }
  const position = positionOf(manifest);
  memory.restored(revision, position);
  return { memory, position };
}

function restore(memory: StoreMemory, { key, ...record }: SnapshotRecord): void {
  if (!key) throw new DamagedError(`a record of revision ${record.revision} has no key`);
  memory.restore({ ...record, key });
}

const positionOf = (manifest: SnapshotManifest): LogPosition => ({
  sequence: manifest.logSequence,
  crc: manifest.logCrc,
  epoch: manifest.logEpoch,
  nextRevision: manifest.logNextRevision,
});

/** Looks backwards, past the chunks of the newer one and what a crash left behind. */
async function manifestBefore(
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
