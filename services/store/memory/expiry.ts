/** Keys by the time at which they expire. */
import type { Entry, Version } from "./versions.ts";

interface Due {
  readonly atMs: number;
  readonly entry: Entry;
  readonly revision: number;
}

/** Stale items that are carried along before the heap is made anew. */
const staleMin = 1_024;

/**
 * A binary heap. A key that was written again leaves a stale item behind; those are skipped when
 * due, and swept when they are the most.
 */
export class Expiry {
  #heap: Due[] = [];
  #living = 0;

  /** The newest version of the entry replaced `replaced`. */
  note(entry: Entry, replaced: Version | undefined): void {
    const { expiresAtMs: atMs, revision } = entry.newest;
    if (replaced && replaced.expiresAtMs > 0) this.#living -= 1;
    if (atMs > 0) {
      this.#living += 1;
      this.#push({ atMs, entry, revision });
    }
    if (this.#heap.length > 2 * this.#living + staleMin) this.#sweep();
  }

  /** Items that are held, stale ones included. */
  get size(): number {
    return this.#heap.length;
  }

  /** Takes at most `max` keys that are due, with the revision that expires. */
  due(nowMs: number, max: number): readonly { readonly entry: Entry; readonly revision: number }[] {
    const found: Due[] = [];
    for (let next = this.#heap[0]; next && next.atMs <= nowMs; next = this.#heap[0]) {
      if (found.length >= max) break;
      this.#pop();
      if (isCurrent(next)) found.push(next);
    }
    return found;
  }

  /** Gives a key back that could not be deleted now. */
  again(entry: Entry, revision: number, atMs: number): void {
    this.#push({ atMs, entry, revision });
  }

  #sweep(): void {
    const current = this.#heap.filter(isCurrent).toSorted((a, b) => a.atMs - b.atMs);
    this.#heap = current;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((heap[parent] as Due).atMs <= due.atMs) break;
      heap[index] = heap[parent] as Due;
      index = parent;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    while (true) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const isRight = right < heap.length && (heap[right] as Due).atMs < (heap[left] as Due).atMs;
      const child = isRight ? right : left;
      if ((heap[child] as Due).atMs >= last.atMs) break;
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = last;
  }
}

const isCurrent = ({ entry, revision }: Due) =>
  entry.newest.revision === revision && entry.newest.value !== undefined;
