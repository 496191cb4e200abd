/** Reads the log from a position to its end into the memory. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { LogBatch } from "#proto/gen/kubus/store/v1.ts";
import { BrokenInvariantError, type StoreMemory } from "../memory/memory.ts";
import { readBatch } from "./batch.ts";
import { DamagedError } from "./damage.ts";
import type { LogPosition } from "./position.ts";
import type { DurableStream } from "./stream.ts";
import { type Testimony, checkTestimony } from "./witness.ts";

const progressMs = 2_000;
const againMs = 200;
/** What a message takes in the log beside its payload, and what it costs to read it again. */
const messageOverheadBytes = 256;

export interface ReplayInput {
  readonly stream: DurableStream;
  readonly memory: StoreMemory;
  /** Where the memory stands. */
  readonly from: LogPosition;
  /** What the log must hold; read before the log is, since its leader may be writing. */
  readonly testimony: Testimony | undefined;
  /** See StreamLimits. */
  readonly lossMsMin: number;
  /** The memory holds this batch now, and the log stands here. */
  readonly onBatch: (position: LogPosition, batch: LogBatch) => void;
  readonly world: World;
  readonly log: Logger;
}

/**
 * Applies every batch behind the position. Throws DamagedError when one is missing, changed or
 * cannot be applied; nothing is skipped.
 */
export async function replayLog(input: ReplayInput): Promise<LogPosition> {
  const { stream, memory, from, testimony, world, log } = input;
  const { first, last, messages } = await rangeWith(input);
  checkCoverage(from, first, last, messages);
  let position = from;
  let shownAt = world.monotonic();
  for await (const { sequence, payload } of stream.read(from.sequence + 1, last)) {
    const applied = applyBatch(memory, position, sequence, payload);
    position = applied.position;
    input.onBatch(position, applied.batch);
    if (sequence === testimony?.sequence) checkTestimony(testimony, position);
    if (world.monotonic() - shownAt < progressMs) continue;
    shownAt = world.monotonic();
    log.info({ sequence, last, revision: memory.revision }, "replaying the log");
  }
  if (position.sequence < last) {
    throw new DamagedError(`log messages ${position.sequence + 1} to ${last} cannot be read`);
  }
  if (testimony) checkTestimony(testimony, position);
  return position;
}

/** Replicas that just elected a leader may need a while until they show all that they hold. */
async function rangeWith({ stream, testimony, lossMsMin, world }: ReplayInput) {
  const startedAt = world.monotonic();
  while (true) {
    const range = await stream.range();
    const isWhole = range.last >= (testimony?.sequence ?? 0);
    if (isWhole || world.monotonic() - startedAt >= lossMsMin) return range;
    await world.sleep(againMs);
  }
}

/** The log must reach back to where the reading starts, and not end before it. */
export function checkCoverage(
  from: LogPosition,
  first: number,
  last: number,
  messages: number,
): void {
  if (last < from.sequence) {
    throw new DamagedError(`the log ends at message ${last}, message ${from.sequence} was read`);
  }
  if (last === from.sequence) return;
  if (messages === 0 || first > from.sequence + 1) {
    const start = messages === 0 ? "is empty" : `begins with message ${first}`;
    throw new DamagedError(`the log ${start}, but message ${from.sequence + 1} was written`);
  }
}

/** Checks a stored batch and applies it. Throws DamagedError; the memory is useless then. */
export function applyBatch(
  memory: StoreMemory,
  position: LogPosition,
  sequence: number,
  payload: Uint8Array,
): { readonly position: LogPosition; readonly batch: LogBatch } {
  const { batch, writes, position: next } = readBatch(position, sequence, payload);
  try {
    for (const write of writes) memory.apply(write);
  } catch (error) {
    if (!(error instanceof BrokenInvariantError)) throw error;
    throw new DamagedError(`log message ${sequence}: ${error.message}`);
  }
  const { timeMs } = batch;
  memory.closeBatch({ position: next, timeMs, bytes: bytesInLog(payload) }, timeMs);
  return { position: next, batch };
}

/** Bytes that a batch takes in the log. */
export const bytesInLog = (payload: Uint8Array): number => payload.length + messageOverheadBytes;
