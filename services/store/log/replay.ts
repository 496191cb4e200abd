/** Reads the log from a position to its end into the memory. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { BrokenInvariantError, type StoreMemory } from "../memory/memory.ts";
import { readBatch } from "./batch.ts";
import { DamagedError } from "./damage.ts";
import type { LogPosition } from "./position.ts";
import type { DurableStream } from "./stream.ts";

const progressMs = 2_000;

/**
 * Applies every batch behind the position. Throws DamagedError when one is missing, changed or
 * cannot be applied; nothing is skipped.
 */
export async function replayLog(
  stream: DurableStream,
  memory: StoreMemory,
  from: LogPosition,
  world: World,
  log: Logger,
): Promise<LogPosition> {
  const { first, last, messages } = await stream.range();
  checkCoverage(from, first, last, messages);
  let position = from;
  let shownAt = world.monotonic();
  for await (const { sequence, payload } of stream.read(from.sequence + 1, last)) {
    position = applyBatch(memory, position, sequence, payload);
    if (world.monotonic() - shownAt < progressMs) continue;
    shownAt = world.monotonic();
    log.info({ sequence, last, revision: memory.revision }, "replaying the log");
  }
  if (position.sequence < last) {
    throw new DamagedError(`log messages ${position.sequence + 1} to ${last} cannot be read`);
  }
  return position;
}

/** The log must reach back to where the reading starts, and not end before it. */
function checkCoverage(from: LogPosition, first: number, last: number, messages: number): void {
  if (last < from.sequence) {
    throw new DamagedError(`the log ends at message ${last}, message ${from.sequence} was read`);
  }
  if (last === from.sequence) return;
  if (messages === 0 || first > from.sequence + 1) {
    const start = messages === 0 ? "is empty" : `begins with message ${first}`;
    throw new DamagedError(`the log ${start}, but message ${from.sequence + 1} was written`);
  }
}

function applyBatch(
  memory: StoreMemory,
  position: LogPosition,
  sequence: number,
  payload: Uint8Array,
): LogPosition {
  const { batch, writes, position: next } = readBatch(position, sequence, payload);
  try {
    for (const write of writes) memory.apply(write);
  } catch (error) {
    if (!(error instanceof BrokenInvariantError)) throw error;
    throw new DamagedError(`log message ${sequence}: ${error.message}`);
  }
  const { timeMs } = batch;
  memory.closeBatch({ position: next, timeMs, bytes: payload.length }, timeMs);
  return next;
}
