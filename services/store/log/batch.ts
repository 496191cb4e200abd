/** Batches of the log as bytes, chained by checksum so that none can be missed or changed. */
import type { LogBatch, LogRecord } from "#proto/gen/kubus/store/v1.ts";
import type { Write, WriteType } from "../decide.ts";
import { logBatch } from "../wire.ts";
import { DamagedError } from "./damage.ts";
import type { LogPosition } from "./position.ts";
import { type Sealed, seal, sealOf, unsealed } from "./seal.ts";

const format = 1;

export interface BatchInput {
  readonly position: LogPosition;
  readonly leader: string;
  readonly timeMs: number;
  readonly writes: readonly Write[];
  /** Nothing follows from this leader. */
  readonly resigned?: boolean;
}

/** The batch that follows a position. */
export function encodeBatch(input: BatchInput): Sealed {
  const { position, leader, timeMs, writes, resigned = false } = input;
  const { epoch, nextRevision: firstRevision, crc: previousCrc } = position;
  return seal(
    logBatch.encode({
      format,
      epoch,
      leader,
      firstRevision,
      count: writes.length,
      previousCrc,
      timeMs,
      records: writes as readonly LogRecord[] as LogRecord[],
      resigned,
      crc: unsealed,
    }),
  );
}

export interface ReadBatch {
  readonly batch: LogBatch;
  readonly writes: readonly Write[];
  /** Where the log stands behind the batch. */
  readonly position: LogPosition;
}

/** Checks and decodes the message that follows a position. Throws DamagedError. */
export function readBatch(position: LogPosition, sequence: number, payload: Uint8Array): ReadBatch {
  const damaged = (what: string) => new DamagedError(`log message ${sequence}: ${what}`);
  if (sequence !== position.sequence + 1) {
    throw damaged(`follows message ${position.sequence}: those in between are missing`);
  }
  const crc = sealOf(payload);
  if (crc === undefined) throw damaged("the checksum is wrong");
  const batch = logBatch.decode(payload);
  const fault = faultOf(position, batch);
  if (fault) throw damaged(fault);
  const { epoch, firstRevision, count } = batch;
  const writes = batch.records.map((record, index) => writeOf(record, firstRevision + index));
  const nextRevision = firstRevision + count;
  return { batch, writes, position: { sequence, crc, epoch, nextRevision } };
}

function faultOf(position: LogPosition, batch: LogBatch): string | undefined {
  if (batch.format !== format) return `format ${batch.format} is not known here`;
  if (batch.previousCrc !== position.crc) return "it does not continue the message before it";
  if (batch.count !== batch.records.length) {
    return `${batch.records.length} records instead of ${batch.count}`;
  }
  if (batch.epoch < position.epoch) return `epoch ${batch.epoch} after ${position.epoch}`;
  // Only a takeover may leave revisions out (after a restore), and none may use one twice.
  const isNext = batch.firstRevision === position.nextRevision;
  const isJump = batch.epoch > position.epoch && batch.firstRevision > position.nextRevision;
  if (isNext || isJump) return undefined;
  return `revision ${batch.firstRevision} instead of ${position.nextRevision}`;
}

const writeOf = ({ key, ...record }: LogRecord, revision: number): Write => {
  if (!key) throw new DamagedError(`revision ${revision} has no key`);
  return { ...record, key, type: record.type as WriteType, revision };
};
