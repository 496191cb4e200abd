/**
 * Copies what a store keeps into one file: the newest good snapshot, and the log behind it up to a
 * place that is fixed at the beginning. Message by message, so that it needs little memory, and
 * checked on the way, so that no damage gets into a backup.
 */
import type { Logger } from "pino";
import type { BackupEnd, BackupHeader, SnapshotManifest } from "#proto/gen/kubus/store/v1.ts";
import { codecOf } from "#libs/schema/codec.ts";
import { readBatch } from "../log/batch.ts";
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import { checkCoverage } from "../log/replay.ts";
import { checkTestimony, readTestimony, type Testimony } from "../log/witness.ts";
import type { StoredMessage } from "../log/stream.ts";
import { readChunk, readManifest } from "../snapshot/format.ts";
import { manifestBefore, newestManifest, positionOf } from "../snapshot/load.ts";
import { FrameEncoder } from "./frames.ts";
import { type Kept, uncut } from "./kept.ts";

export const backupHeader = codecOf<BackupHeader>("kubus.store.v1.BackupHeader");
export const backupEnd = codecOf<BackupEnd>("kubus.store.v1.BackupEnd");

/** Where the bytes go. */
export interface Sink {
  /** Forgets what was written. */
  restart(): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
}

export interface SaveOptions {
  readonly sink: Sink;
  readonly log: Logger;
  /** Saves a damaged log up to its damage, instead of rejecting. */
  readonly upToDamage: boolean;
}

/** Rejects with DamagedError, unless that is to be saved up to it. */
export const saveBackup = (kept: Kept, options: SaveOptions): Promise<BackupEnd> =>
  uncut(
    kept,
    () => saveOnce(kept, options),
    ({ damage }) => damage === "",
  );

/** From the newest snapshot that is whole; without any from the beginning of the log. */
async function saveOnce(kept: Kept, options: SaveOptions): Promise<BackupEnd> {
  const { bus, log, heads, snapshots } = kept;
  // Before the log is looked at: what was acknowledged till now has to be in it.
  const testimony = await readTestimony(heads, bus, options.log);
  const range = await log.range();
  const subject = bus.subjects.snapshot("manifest");
  let message = await newestManifest(snapshots, subject);
  let first: DamagedError | undefined;
  while (true) {
    try {
      return await copy(kept, options, { message, range, testimony });
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      first ??= error;
      if (!message) throw first;
      options.log.warn(`${error.message}; trying the snapshot before`);
      message = await manifestBefore(snapshots, subject, message.sequence);
    }
  }
}

interface Extent {
  readonly message: StoredMessage | undefined;
  readonly range: Awaited<ReturnType<Kept["log"]["range"]>>;
  readonly testimony: Testimony | undefined;
}

async function copy(
  kept: Kept,
  { sink, upToDamage }: SaveOptions,
  { message, range, testimony }: Extent,
): Promise<BackupEnd> {
  const { bus, world } = kept;
  await sink.restart();
  const file = new BackupWriter(sink);
  await file.begin({ prefix: bus.subjects.prefix, timeMs: world.now() });
  let position = message ? await file.snapshot(kept, message) : startOfLog;
  checkCoverage(position, range.first, range.last, range.messages);
  let damage = "";
  try {
    for await (const next of file.batches(kept, position, range.last)) position = next;
    if (testimony) checkTestimony(testimony, position);
  } catch (error) {
    if (!upToDamage || !(error instanceof DamagedError)) throw error;
    damage = error.message;
  }
  return file.end(position, damage);
}

class BackupWriter {
  readonly #sink: Sink;
  readonly #encoder = new FrameEncoder();
  #chunks = 0;
  #batches = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async begin(header: BackupHeader): Promise<void> {
    await this.#sink.write(this.#encoder.start());
    await this.#write("BACKUP_FRAME_HEADER", backupHeader.encode(header));
  }

  /** The manifest and its chunks. Returns where the log goes on. */
  async snapshot(kept: Kept, { sequence, payload }: StoredMessage): Promise<LogPosition> {
    const manifest = readManifest(sequence, payload);
    await this.#write("BACKUP_FRAME_MANIFEST", payload);
    const { chunkSequence: first, chunks } = manifest;
    for await (const message of kept.snapshots.read(first, first + chunks - 1)) {
      readChunk(manifest, this.#chunks, message.sequence, message.payload);
      await this.#write("BACKUP_FRAME_CHUNK", message.payload);
      this.#chunks += 1;
    }
    checkChunks(manifest, this.#chunks);
    return positionOf(manifest);
  }

  /** Batches behind a position, up to a message; yields where each one ends. */
  async *batches(kept: Kept, from: LogPosition, last: number): AsyncGenerator<LogPosition> {
    let position = from;
    for await (const { sequence, payload } of kept.log.read(from.sequence + 1, last)) {
      ({ position } = readBatch(position, sequence, payload));
      await this.#write("BACKUP_FRAME_BATCH", payload);
      this.#batches += 1;
      yield position;
    }
  }

  async end({ nextRevision, sequence }: LogPosition, damage: string): Promise<BackupEnd> {
    const end = {
      revision: nextRevision - 1,
      logSequence: sequence,
      chunks: this.#chunks,
      batches: this.#batches,
      damage,
    };
    await this.#write("BACKUP_FRAME_END", backupEnd.encode(end));
    return end;
  }

  #write(kind: Parameters<FrameEncoder["frame"]>[0], payload: Uint8Array): Promise<void> {
    return this.#sink.write(this.#encoder.frame(kind, payload));
  }
}

function checkChunks({ chunks }: SnapshotManifest, found: number): void {
  if (found !== chunks) throw new DamagedError(`a snapshot has ${found} of its ${chunks} chunks`);
}
