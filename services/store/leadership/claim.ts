/** When a store may claim the log: pure. */

/** The newest batch of the log that a store has read. */
export interface NewestBatch {
  /** Its leader's instance and a random part: `0/4f2c91aa`. */
  readonly leader: string;
  /** The leader writes and answers no more. */
  readonly resigned: boolean;
  /** Monotonic milliseconds at which it was read, which is after it was sent. */
  readonly readAtMs: number;
}

/**
 * What a store knows of the newest batch. `unknown`: all that it has read is a snapshot, or
 * somebody else wrote since.
 */
export type Newest = NewestBatch | "none" | "unknown";

export interface ClaimInput {
  readonly nowMs: number;
  readonly newest: Newest;
  /** Who asks, as it would sign its batches. */
  readonly self: string;
  /** The leader of which is known that it lives no more. */
  readonly dead: string | undefined;
  /** When a leader was last heard of, or this store began to listen. */
  readonly heardAtMs: number;
  /** How long a leader must be silent. Longer than a lease, and different for each instance. */
  readonly silentMs: number;
}

/**
 * Milliseconds until the store may claim the log, if nothing is heard or read till then; 0: now.
 * Only the part about the log is for safety: an answer that its leader gives without asking the log
 * is given within a lease of an append, and whoever claims has read that append, at least
 * `silentMs` ago. Waiting for the heartbeat only spares a leader that is idle.
 */
export function claimInMs(input: ClaimInput): number {
  const { newest, self, dead, nowMs, heardAtMs, silentMs } = input;
  if (newest === "none") return 0;
  if (newest === "unknown") return Math.max(0, heardAtMs + silentMs - nowMs);
  const { leader, resigned, readAtMs } = newest;
  if (resigned || leader === self || leader === dead) return 0;
  return Math.max(0, Math.max(heardAtMs, readAtMs) + silentMs - nowMs);
}

/** Milliseconds by which each instance waits longer than the one before it, … */
const rankStepMs = 100;
/** … up to so many. */
const rankMax = 5;
/** Milliseconds of chance, for instances whose names have no numbers. */
const jitterMsMax = 50;

/**
 * Silence after which an instance takes over: instances 0, 1, 2 … (or store-0, store-1, …) step
 * forward one after the other.
 * @param chance at least 0, below 1
 */
export function silenceOf(instance: string, silentMsMin: number, chance: number): number {
  const number = /\d+$/.exec(instance)?.[0];
  const rank = number === undefined ? rankMax : Math.min(Number(number), rankMax);
  return silentMsMin + rank * rankStepMs + Math.floor(chance * jitterMsMax);
}

/** The instance that signed so. */
export const instanceOf = (leader: string): string => leader.slice(0, leader.lastIndexOf("/"));
