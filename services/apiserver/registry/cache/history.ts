/** Recent changes of one resource, oldest first, so that a watch can start in the past. */
import type { StoredVersion } from "./version.ts";

export interface CacheEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: number;
  /** The new version; of a deletion the last one, seen at the deletion's revision. */
  readonly version: StoredVersion;
  readonly previous: StoredVersion | undefined;
}

/** Bounded: when there are twice `eventsMax`, the older half is forgotten. */
export class History {
  readonly #eventsMax: number;
  #events: CacheEvent[] = [];
  /** Nothing that happened up to and including this revision is known here. */
  #floor: number;

  constructor(eventsMax: number, floor: number) {
    this.#eventsMax = eventsMax;
    this.#floor = floor;
  }

  get floor(): number {
    return this.#floor;
  }

  push(event: CacheEvent): void {
    this.#events.push(event);
    // Dropping in halves keeps the cost of an event constant.
    if (this.#events.length < this.#eventsMax * 2) return;
    this.#events = this.#events.slice(-this.#eventsMax);
    this.#floor = (this.#events[0]?.revision ?? this.#floor) - 1;
  }

  /** Events after that revision; undefined when some of them are forgotten. */
  since(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#floor) return undefined;
    const events = this.#events;
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((events[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return events.slice(low);
  }
}
