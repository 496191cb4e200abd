/** Reads a backup file back into a memory, and checks everything on the way. */
import type { BackupEnd, BackupHeader, SnapshotManifest } from "#proto/gen/kubus/store/v1.ts";
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import { applyBatch } from "../log/replay.ts";
import { BrokenInvariantError, StoreMemory } from "../memory/memory.ts";
import { chainCrc, readChunk, readManifest } from "../snapshot/format.ts";
import { restoreChunk, restoreManifest } from "../snapshot/load.ts";
import { type Frame, readFrames } from "./frames.ts";
import { backupEnd, backupHeader } from "./save.ts";
import { noWindow } from "./start.ts";

export interface Backup {
  readonly header: BackupHeader;
  readonly end: BackupEnd;
  readonly memory: StoreMemory;
  /** Where the log stood. */
  readonly position: LogPosition;
}

/** Throws DamagedError, with the place, for a file that is not whole. */
export async function loadBackup(source: AsyncIterable<Uint8Array>): Promise<Backup> {
  const reading = new Reading();
  for await (const frame of readFrames(source)) {
    try {
      reading.take(frame);
    } catch (error) {
      if (!(error instanceof BrokenInvariantError)) throw error;
      throw new DamagedError(`the backup is damaged at byte ${frame.offset}: ${error.message}`);
    }
  }
  return reading.finish();
}

class Reading {
  readonly #memory = new StoreMemory(noWindow);
  #header: BackupHeader | undefined;
  #end: BackupEnd | undefined;
  #manifest: SnapshotManifest | undefined;
  #position: LogPosition | undefined;
  #chunks = 0;
  #chunksCrc = 0;
  #batches = 0;

  take({ kind, payload, offset }: Frame): void {
    const isFirst = this.#header === undefined;
    if (isFirst !== (kind === "BACKUP_FRAME_HEADER") || this.#end) {
      throw new DamagedError(`the backup is damaged at byte ${offset}: a frame out of order`);
    }
    switch (kind) {
      case "BACKUP_FRAME_HEADER":
        this.#header = backupHeader.decode(payload);
        return;
      case "BACKUP_FRAME_MANIFEST":
        this.#manifest = readManifest(0, payload);
        return;
      case "BACKUP_FRAME_CHUNK":
        this.#takeChunk(payload);
        return;
      case "BACKUP_FRAME_BATCH":
        this.#takeBatch(payload);
        return;
      default:
        this.#end = backupEnd.decode(payload);
    }
  }

  #takeChunk(payload: Uint8Array): void {
    if (!this.#manifest) throw new DamagedError("the backup has a chunk without its snapshot");
    const { chunk, crc } = readChunk(this.#manifest, this.#chunks, 0, payload);
    restoreChunk(this.#memory, chunk);
    this.#chunksCrc = chainCrc(this.#chunksCrc, crc);
    this.#chunks += 1;
  }

  #takeBatch(payload: Uint8Array): void {
    const before = this.#startOfBatches();
    this.#position = applyBatch(this.#memory, before, before.sequence + 1, payload).position;
    this.#batches += 1;
  }

  /** Closes the snapshot when its last chunk was read. */
  #startOfBatches(): LogPosition {
    if (this.#position) return this.#position;
    if (!this.#manifest) return startOfLog;
    const { chunks, chunksCrc } = this.#manifest;
    if (this.#chunks !== chunks || this.#chunksCrc !== chunksCrc) {
      throw new DamagedError(`the backup has ${this.#chunks} of ${chunks} chunks of its snapshot`);
    }
    return restoreManifest(this.#memory, this.#manifest);
  }

  finish(): Backup {
    const position = this.#startOfBatches();
    const { revision, batches } = this.#end ?? {};
    if (!this.#header || !this.#end)
      throw new DamagedError("the backup ends before its last frame");
    if (revision !== position.nextRevision - 1 || batches !== this.#batches) {
      throw new DamagedError(`the backup ends at revision ${position.nextRevision - 1}`);
    }
    return { header: this.#header, end: this.#end, memory: this.#memory, position };
  }
}
