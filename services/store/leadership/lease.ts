/**
 * Until when a leader is sure, without asking, that no other leads. Whoever wants to take over
 * waits, from the last message of the log that it read, for longer than the lease lasts. So as long
 * as an append that is stored was sent less than a lease ago, nobody can have claimed the log.
 */
import type { World } from "#libs/actor/world.ts";

/** A moment, on both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export class Lease {
  readonly #world: Pick<World, "monotonic" | "now">;
  readonly #leaseMs: number;
  #sentAt: Moment | undefined;

  constructor(world: Pick<World, "monotonic" | "now">, leaseMs: number) {
    this.#world = world;
    this.#leaseMs = leaseMs;
  }

  /** To be taken before an append is sent. */
  moment(): Moment {
    return { monotonicMs: this.#world.monotonic(), wallMs: this.#world.now() };
  }

  /** The append that was sent at that moment, or later, is stored. */
  prove(sentAt: Moment): void {
    this.#sentAt = sentAt;
  }

  end(): void {
    this.#sentAt = undefined;
  }

  /**
   * To be asked for every answer: a process that was stopped finds requests in its socket before
   * any timer has run. A machine that slept may have stopped one of its clocks, never both; a clock
   * that was set only costs an append.
   */
  holds(): boolean {
    if (!this.#sentAt) return false;
    const { monotonicMs, wallMs } = this.#sentAt;
    if (this.#world.monotonic() - monotonicMs >= this.#leaseMs) return false;
    return Math.abs(this.#world.now() - wallMs) < this.#leaseMs;
  }
}
