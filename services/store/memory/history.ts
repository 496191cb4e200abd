/** The window of changes that can still be asked for, oldest first, in whole batches. */
import type { LogPosition } from "../log/position.ts";
import type { Change } from "./versions.ts";

/** Where a batch stands in the log, and what goes when it leaves the window. */
export interface BatchMark {
  readonly position: LogPosition;
  readonly lastRevision: number;
  readonly timeMs: number;
  /** Bytes in the log. */
  readonly bytes: number;
  readonly requestIds: readonly string[];
}

/** A queue on an array: taking from its front costs nothing until half of it is gone. */
export class Fifo<Item> {
  #items: Item[] = [];
  #start = 0;

  get length(): number {
    return this.#items.length - this.#start;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  at(index: number): Item | undefined {
    return this.#items[this.#start + index];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#start];
    if (this.#start >= this.#items.length) return undefined;
    this.#items[this.#start] = undefined as Item;
    this.#start += 1;
    if (this.#start > 1024 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return item;
  }
}

export class History {
  readonly #changes = new Fifo<Change>();
  readonly #batches = new Fifo<BatchMark>();

  /** Changes in the window. */
  get count(): number {
    return this.#changes.length;
  }

  get oldestBatch(): BatchMark | undefined {
    return this.#batches.at(0);
  }

  get newestBatch(): BatchMark | undefined {
    return this.#batches.at(this.#batches.length - 1);
  }

  add(change: Change): void {
    this.#changes.push(change);
  }

  close(batch: BatchMark): void {
    this.#batches.push(batch);
  }

  /** The change with exactly this revision. */
  find(revision: number): Change | undefined {
    let low = 0;
    let high = this.#changes.length - 1;
    // Revisions follow each other but for a rare jump: the first guess is nearly always right.
    const guess = revision - (this.#changes.at(0)?.revision ?? 0);
    if (this.#changes.at(guess)?.revision === revision) return this.#changes.at(guess);
    while (low <= high) {
      const middle = (low + high) >> 1;
      const change = this.#changes.at(middle) as Change;
      if (change.revision === revision) return change;
      if (change.revision < revision) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** Drops the oldest batch; the changes that went with it are given to `forget`. */
  dropBatch(forget: (change: Change) => void): BatchMark | undefined {
    const batch = this.#batches.shift();
    if (!batch) return undefined;
    for (let next = this.#changes.at(0); next; next = this.#changes.at(0)) {
      if (next.revision > batch.lastRevision) break;
      this.#changes.shift();
      forget(next);
    }
    return batch;
  }
}
