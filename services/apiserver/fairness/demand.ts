/** Seats that a level wants, weighed by how long it wanted them. */
import type { Demand } from "./shares.ts";

/** Weighs a value by how long it stood, between one `take` and the next. */
export class DemandMeter {
  #value = 0;
  #since: number;
  #began: number;
  #area = 0;
  #squares = 0;
  #high = 0;

  /** `now`: milliseconds that never run backwards, here and below. */
  constructor(now: number) {
    this.#since = now;
    this.#began = now;
  }

  set(now: number, value: number): void {
    this.#accrue(now);
    this.#value = value;
    if (value > this.#high) this.#high = value;
  }

  /** What was wanted since the last call; begins a new period. */
  take(now: number): Demand {
    this.#accrue(now);
    const span = now - this.#began;
    const average = span > 0 ? this.#area / span : this.#value;
    const square = span > 0 ? this.#squares / span : this.#value * this.#value;
    const deviation = Math.sqrt(Math.max(0, square - average * average));
    const high = this.#high;
    this.#began = now;
    this.#area = 0;
    this.#squares = 0;
    this.#high = this.#value;
    return { average, deviation, high };
  }

  #accrue(now: number): void {
    const span = now - this.#since;
    this.#area += this.#value * span;
    this.#squares += this.#value * this.#value * span;
    this.#since = now;
  }
}
