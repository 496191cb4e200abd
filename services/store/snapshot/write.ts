/** Writes the state at the floor beside the log, and cuts the log behind an older one. */
import type { Bus } from "#libs/bus/bus.ts";
import type { SnapshotManifest, SnapshotRecord } from "#proto/gen/kubus/store/v1.ts";
import type { DurableStream } from "../log/stream.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { type Table, versionAt } from "../memory/versions.ts";
import { type Cut, cutBehindNewest } from "./cut.ts";
import { chainCrc, encodeChunk, encodeManifest } from "./format.ts";

export interface SnapshotPlace {
  readonly subjects: Bus["subjects"];
  readonly log: DurableStream;
  readonly snapshots: DurableStream;
  readonly memory: StoreMemory;
  readonly chunkBytesMax: number;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

export interface SnapshotWritten {
  readonly revision: number;
  readonly records: number;
  readonly chunks: number;
  /** What became of the snapshots before the one before; "damaged": the one before is. */
  readonly older: Cut;
}

const recordOverheadBytes = 200;
/** Keys that are looked at in one slice: those that came after the floor are passed over. */
const looksMax = 5_000;

/**
 * A snapshot of the floor: the log behind it still holds the whole window. The memory is read in
 * slices of one chunk, between which commits go on. It counts once its manifest is stored; the one
 * before is kept, and the log back to it, so that one may be damaged. The one before that goes
 * first, so that there are never more than two on the disk. Rejects when a chunk is not stored;
 * what it wrote till then is harmless, and goes with the next but one.
 */
export async function writeSnapshot(place: SnapshotPlace): Promise<SnapshotWritten> {
  const unpin = place.memory.pin();
  try {
    const written = await writeAll(place);
    unpin("complete");
    return written;
  } catch (error) {
    unpin("abandoned");
    throw error;
  }
}

async function writeAll(place: SnapshotPlace): Promise<SnapshotWritten> {
  const { subjects, log, snapshots, memory, nowMs, signal } = place;
  const { floor: revision, floorPosition } = memory;
  const heads = headsAtFloor(memory);
  const older = await cutBehindNewest(place);
  const appender = new Appender(place, (await snapshots.range()).last);

  const chunkSequence = appender.last + 1;
  let [chunks, records, chunksCrc] = [0, 0, 0];
  for (const chunk of chunksOf(memory, revision, place.chunkBytesMax)) {
    if (chunk.length === 0) {
      // A question to the server, while which others have their turn.
      await log.range();
      signal.throwIfAborted();
      continue;
    }
    const { payload, crc } = encodeChunk({ revision, index: chunks, records: chunk });
    await appender.append(subjects.snapshot("chunk"), payload);
    chunks += 1;
    records += chunk.length;
    chunksCrc = chainCrc(chunksCrc, crc);
  }
  const { sequence: logSequence, crc: logCrc, epoch, nextRevision } = floorPosition;
  const at = { revision, logSequence, logCrc, logEpoch: epoch, logNextRevision: nextRevision };
  const content = { chunkSequence, chunks, records, chunksCrc, heads, timeMs: nowMs() };
  const manifest = encodeManifest({ ...at, ...content }).payload;
  await appender.append(subjects.snapshot("manifest"), manifest);
  return { revision, records, chunks, older };
}

/** Appends one behind the other; a message of anybody else in between ends the snapshot. */
class Appender {
  readonly #place: SnapshotPlace;
  last: number;

  constructor(place: SnapshotPlace, last: number) {
    this.#place = place;
    this.last = last;
  }

  async append(subject: string, payload: Uint8Array): Promise<void> {
    const { snapshots, signal } = this.#place;
    signal.throwIfAborted();
    const outcome = await snapshots.append(subject, payload, this.last);
    if (outcome.type !== "Appended") throw new Error(`${outcome.type}: ${outcome.message}`);
    this.last = outcome.sequence;
  }
}

/**
 * Records of the state at a revision, in pieces, some of which may be empty. The state may move on
 * between two pieces.
 */
function* chunksOf(
  memory: StoreMemory,
  revision: number,
  bytesMax: number,
): Generator<SnapshotRecord[]> {
  // Tables that come later hold nothing that is older than they.
  for (const table of [...memory.tables.values()]) {
    let from: string | undefined = "";
    while (from !== undefined) {
      const piece = pieceOf(table, from, revision, bytesMax);
      yield piece.records;
      from = piece.next;
    }
  }
}

function pieceOf(
  table: Table,
  from: string,
  revision: number,
  bytesMax: number,
): { readonly records: SnapshotRecord[]; readonly next: string | undefined } {
  const records: SnapshotRecord[] = [];
  let [bytes, looks] = [0, 0];
  for (const entry of table.sorted.from(from)) {
    looks += 1;
    if (looks > looksMax) return { records, next: entry.sortKey };
    const version = versionAt(entry, revision);
    if (!version?.value) continue;
    bytes += version.value.length + recordOverheadBytes;
    // A chunk must fit a message of the server, as every single record does.
    if (bytes > bytesMax && records.length > 0) return { records, next: entry.sortKey };
    const { key } = entry;
    const { value, createRevision, partition, confidential, expiresAtMs } = version;
    const { revision: written } = version;
    records.push({
      key,
      value,
      createRevision,
      revision: written,
      partition,
      confidential,
      expiresAtMs,
    });
  }
  return { records, next: undefined };
}

const headsAtFloor = (memory: StoreMemory): SnapshotManifest["heads"] =>
  [...memory.tables.values()]
    .filter(({ floorRevision }) => floorRevision > 0)
    .map(({ group, resource, floorRevision, prunedRevision, floorPartitions }) => ({
      group,
      resource,
      revision: floorRevision,
      prunedRevision: Math.min(prunedRevision, floorRevision),
      partitions: [...floorPartitions].map(([partition, head]) => ({ partition, revision: head })),
    }));
