/** Reads all that a store keeps: what is there, and what is not as it was written. */
import { logHead } from "../wire.ts";
import { readBatch } from "../log/batch.ts";
import { DamagedError } from "../log/damage.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import { applyBatch } from "../log/replay.ts";
import { sealOf } from "../log/seal.ts";
import type { DurableStream, StoredMessage } from "../log/stream.ts";
import { checkTestimony, type Testimony } from "../log/witness.ts";
import { BrokenInvariantError, StoreMemory } from "../memory/memory.ts";
import { readManifest } from "../snapshot/format.ts";
import { loadOne, manifestBefore } from "../snapshot/load.ts";
import { type Kept, uncut } from "./kept.ts";
import { firstPosition, noWindow } from "./start.ts";

export interface VerifiedSnapshot {
  /** Message of the snapshot stream that closes it. */
  readonly sequence: number;
  readonly revision: number;
  readonly records: number;
  readonly chunks: number;
  readonly logSequence: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
}

export interface VerifiedLog {
  readonly messages: number;
  readonly bytes: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Revisions of the first and the last record. */
  readonly firstRevision: number;
  readonly lastRevision: number;
  readonly firstEpoch: number;
  readonly lastEpoch: number;
}

export interface Verified {
  readonly log: VerifiedLog;
  readonly snapshots: readonly VerifiedSnapshot[];
  /** What a store would serve; undefined when nothing can be served. */
  readonly state:
    | { readonly revision: number; readonly keys: number; readonly valueBytes: number }
    | undefined;
  /** Everything that is wrong, with its place; empty when all is well. */
  readonly problems: readonly string[];
}

/** Problems that are told; after so many the rest is not read. */
const problemsMax = 50;

/** Rejects when the streams cannot be read at all; damage is part of the answer. */
export const verifyKept = (kept: Kept): Promise<Verified> =>
  uncut(
    kept,
    () => verifyOnce(kept),
    ({ problems }) => problems.length === 0,
  );

async function verifyOnce(kept: Kept): Promise<Verified> {
  const problems: string[] = [];
  // Before the log: what it says may be older than the log, never newer.
  const testimony = await readWord(kept, problems);
  const { snapshots, base } = await verifySnapshots(kept, problems);
  const range = await kept.log.range();
  const reading = new LogReading(base, snapshots, problems);
  if (range.messages > 0) {
    for await (const message of readOn(kept.log, range.first, range.last, problems)) {
      reading.take(message);
      if (problems.length >= problemsMax) break;
    }
  }
  reading.finish(range, testimony);
  return { ...reading.result(range), snapshots: snapshots.map(({ told }) => told), problems };
}

/** What was acknowledged at least; damage to this word is told, and the log speaks for itself. */
async function readWord(kept: Kept, problems: string[]): Promise<Testimony | undefined> {
  const message = await kept.heads.lastOn(kept.bus.subjects.logHead());
  if (!message) return undefined;
  if (sealOf(message.payload) === undefined) {
    problems.push(`${kept.heads.name}, message ${message.sequence}: the checksum is wrong`);
    return undefined;
  }
  const { logSequence: sequence, logCrc: crc } = logHead.decode(message.payload);
  return { sequence, crc };
}

interface Loaded {
  readonly memory: StoreMemory;
  readonly position: LogPosition;
}

interface ReadSnapshot {
  readonly told: VerifiedSnapshot;
  readonly position: LogPosition;
}

/** Newest first; `base` is what a store would begin with. */
async function verifySnapshots(kept: Kept, problems: string[]) {
  const { snapshots, bus } = kept;
  const subject = bus.subjects.snapshot("manifest");
  const found: ReadSnapshot[] = [];
  let base: Loaded | undefined;
  let message: StoredMessage | undefined = await snapshots.lastOn(subject);
  while (message) {
    try {
      const { sequence, payload } = message;
      const loaded = await loadOne(snapshots, message, new StoreMemory(noWindow));
      base ??= loaded;
      const { revision, records, chunks, logSequence, timeMs } = readManifest(sequence, payload);
      const told = { sequence, revision, records, chunks, logSequence, timeMs };
      found.push({ told, position: loaded.position });
    } catch (error) {
      problems.push(damageText(error));
    }
    message = await manifestBefore(snapshots, subject, message.sequence);
  }
  const empty = { memory: new StoreMemory(noWindow), position: startOfLog };
  return { snapshots: found, base: base ?? empty };
}

/** All messages that can be read; those that cannot are told. */
async function* readOn(
  stream: DurableStream,
  first: number,
  last: number,
  problems: string[],
): AsyncGenerator<StoredMessage> {
  let next = first;
  while (next <= last && problems.length < problemsMax) {
    try {
      for await (const message of stream.read(next, last)) {
        next = message.sequence + 1;
        yield message;
      }
      return;
    } catch (error) {
      problems.push(damageText(error));
      next += 1;
    }
  }
}

/** Follows the chain of batches, and applies those that the base has not seen. */
class LogReading {
  readonly #base: Loaded;
  readonly #snapshots: readonly ReadSnapshot[];
  readonly #problems: string[];
  /** Undefined before the first message and behind a damaged one. */
  #position: LogPosition | undefined;
  #first: LogPosition | undefined;
  #firstRevision = 0;
  #last: LogPosition | undefined;
  /** The state cannot be known any more. */
  #isBroken = false;

  constructor(base: Loaded, snapshots: readonly ReadSnapshot[], problems: string[]) {
    this.#base = base;
    this.#snapshots = snapshots;
    this.#problems = problems;
  }

  take({ sequence, payload }: StoredMessage): void {
    const { memory, position: from } = this.#base;
    const follows = this.#position?.sequence === sequence - 1;
    try {
      const before = (follows && this.#position) || firstPosition(sequence, payload, from);
      // Not reached without a gap: what comes before the base may be missing, nothing behind it.
      if (!follows && before.sequence > from.sequence) this.#isBroken = true;
      const isNew = sequence > from.sequence && !this.#isBroken;
      const { position, batch } = isNew
        ? applyBatch(memory, before, sequence, payload)
        : readBatch(before, sequence, payload);
      this.#position = position;
      this.#first ??= position;
      this.#firstRevision ||= batch.firstRevision;
      this.#last = position;
      this.#compare(position);
    } catch (error) {
      this.#problems.push(damageText(error));
      this.#position = undefined;
      if (sequence > from.sequence) this.#isBroken = true;
    }
  }

  /** A snapshot says what the log was at its place. */
  #compare({ sequence, crc, nextRevision }: LogPosition): void {
    for (const { told, position } of this.#snapshots) {
      if (position.sequence !== sequence) continue;
      if (position.crc === crc && position.nextRevision === nextRevision) continue;
      const at = `snapshot message ${told.sequence}`;
      this.#problems.push(`${at}: log message ${sequence} is not the one that it was taken at`);
    }
  }

  finish(range: { first: number; last: number; messages: number }, word?: Testimony): void {
    const from = this.#base.position;
    const { first, last, messages } = range;
    if (last < from.sequence) {
      const lost = `the newest snapshot was taken at message ${from.sequence}`;
      this.#problems.push(`the log ends at message ${last}, but ${lost}`);
      this.#isBroken = true;
    } else if (last > from.sequence && (messages === 0 || first > from.sequence + 1)) {
      const start = messages === 0 ? "is empty" : `begins with message ${first}`;
      this.#problems.push(`the log ${start}, but message ${from.sequence + 1} was written`);
      this.#isBroken = true;
    }
    const end = this.#last ?? from;
    // Where the log stopped being readable was told already.
    if (!word || end.sequence !== Math.max(last, from.sequence)) return;
    try {
      checkTestimony(word, end);
    } catch (error) {
      this.#problems.push(damageText(error));
      this.#isBroken = true;
    }
  }

  result(range: { first: number; last: number; messages: number; bytes: number }) {
    const { memory } = this.#base;
    const { revision, keyCount: keys, valueBytes } = memory;
    const last = this.#last ?? this.#base.position;
    return {
      log: {
        messages: range.messages,
        bytes: range.bytes,
        firstSequence: range.first,
        lastSequence: range.last,
        firstRevision: this.#firstRevision || last.nextRevision,
        lastRevision: last.nextRevision - 1,
        firstEpoch: this.#first?.epoch ?? last.epoch,
        lastEpoch: last.epoch,
      },
      state: this.#isBroken ? undefined : { revision, keys, valueBytes },
    };
  }
}

/** Rethrows what is no damage. */
function damageText(error: unknown): string {
  const isDamage = error instanceof DamagedError || error instanceof BrokenInvariantError;
  if (!isDamage) throw error;
  return error.message;
}
