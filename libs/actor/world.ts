/** Time, chance and identity: the only door to them, so that a simulator can stand in. */
import { randomInt, randomUUID } from "node:crypto";

export interface World {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that never run backwards. */
  monotonic(): number;
  /** At least 0, below 1. */
  random(): number;
  uuid(): string;
  /** Runs once after that many milliseconds; the returned function cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
  /** Runs again and again until cancelled. */
  every(milliseconds: number, callback: () => void): () => void;
  /** Resolves after that many milliseconds; rejects with the signal's reason when aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** What xstate's `createActor(machine, { clock })` takes. */
  readonly clock: {
    setTimeout(callback: (...args: unknown[]) => void, milliseconds: number): unknown;
    clearTimeout(id: unknown): void;
  };
}

const randomStepsMax = 2 ** 40;

/** The machine's own clock and randomness. */
export const realWorld: World = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => randomInt(randomStepsMax) / randomStepsMax,
  uuid: () => randomUUID(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  every(milliseconds, callback) {
    const timer = setInterval(callback, milliseconds);
    return () => clearInterval(timer);
  },
  sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, milliseconds);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
  clock: {
    setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
    clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  },
};
