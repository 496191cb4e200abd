/** Runs fuzzers: every attempt has a seed of its own, so that one alone can be run again. */
import { seeded } from "#libs/schema/arbitrary.ts";
import type { Target } from "./target.ts";

/** An attempt that takes longer, and again when it is repeated, hangs. */
const attemptMsMax = 100;
const repeats = 3;

export interface Failure {
  readonly target: string;
  readonly seed: number;
  readonly why: string;
  readonly input: string;
}

export interface Result {
  readonly attempts: number;
  readonly failures: readonly Failure[];
  /** Milliseconds of the slowest attempt. */
  readonly slowestMs: number;
}

/** Attempts of one target with the seeds from `seed` on, until `enough` says so. */
export function fuzz(
  target: Target,
  seed: number,
  enough: (attempts: number, failures: number) => boolean,
): Result {
  const failures: Failure[] = [];
  let attempts = 0;
  let slowestMs = 0;
  while (!enough(attempts, failures.length)) {
    const own = seed + attempts;
    const { failure, milliseconds } = attempt(target, own);
    if (failure !== undefined) failures.push(failure);
    slowestMs = Math.max(slowestMs, milliseconds);
    attempts += 1;
  }
  return { attempts, failures, slowestMs };
}

interface Attempted {
  readonly failure: Failure | undefined;
  readonly milliseconds: number;
}

function attempt(target: Target, seed: number): Attempted {
  const { input, run } = target.attempt(seeded(seed));
  const fail = (why: string): Failure => ({ target: target.name, seed, why, input });
  let milliseconds = Infinity;
  // Its own time, for others may keep the machine busy; once more, for garbage is collected.
  for (let repeat = 0; repeat < repeats && milliseconds > attemptMsMax; repeat += 1) {
    const began = process.threadCpuUsage();
    try {
      run();
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { failure: fail(why), milliseconds: 0 };
    }
    const { user, system } = process.threadCpuUsage(began);
    milliseconds = Math.min(milliseconds, (user + system) / 1000);
  }
  const hangs = milliseconds > attemptMsMax;
  return {
    failure: hangs ? fail(`takes ${milliseconds.toFixed(0)} ms`) : undefined,
    milliseconds,
  };
}

/** What a failure looks like, with how to have it again. */
export const report = ({ target, seed, why, input }: Failure): string =>
  `${target}: npm run fuzz -- --only ${target} --seed ${seed} --attempts 1\n${why}\n${input}\n`;
