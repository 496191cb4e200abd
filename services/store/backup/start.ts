/** Where reading begins. */
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import { sealOf } from "../log/seal.ts";
import type { Window } from "../memory/memory.ts";
import { logBatch } from "../wire.ts";

/** A memory that is read into, and not asked for the past, keeps none of it. */
export const noWindow: Window = { historyMsMax: 0, historyCountMax: 0 };

/**
 * The position before a message that does not follow another: the start of the log, the place of a
 * snapshot, or what the message itself says of the one before. Throws DamagedError.
 */
export function firstPosition(
  sequence: number,
  payload: Uint8Array,
  snapshot: LogPosition,
): LogPosition {
  if (sequence === snapshot.sequence + 1) return snapshot;
  if (sequence === 1) return startOfLog;
  if (sealOf(payload) === undefined) {
    throw new DamagedError(`log message ${sequence}: the checksum is wrong`);
  }
  const { previousCrc: crc, epoch, firstRevision: nextRevision } = logBatch.decode(payload);
  return { sequence: sequence - 1, crc, epoch, nextRevision };
}
