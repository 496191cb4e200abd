/** Keys that wait to be reconciled: each at most once, oldest first, some only later. */
import type { World } from "#libs/actor/world.ts";

export class WorkQueue {
  readonly #world: World;
  readonly #onReady: () => void;
  readonly #waiting = new Set<string>();
  readonly #later = new Map<string, { readonly at: number; readonly cancel: () => void }>();

  /** `onReady` is called when a key becomes ready to be taken. */
  constructor(world: World, onReady: () => void) {
    this.#world = world;
    this.#onReady = onReady;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a key, now or after some milliseconds; the earliest wish for a key wins. */
  add(key: string, afterMs = 0): void {
    if (afterMs > 0) {
      this.#addLater(key, afterMs);
      return;
    }
    this.#later.get(key)?.cancel();
    this.#later.delete(key);
    this.#waiting.add(key);
    this.#onReady();
  }

  /** Takes the oldest key for which `free` holds. */
  take(free: (key: string) => boolean): string | undefined {
    for (const key of this.#waiting) {
      if (!free(key)) continue;
      this.#waiting.delete(key);
      return key;
    }
    return undefined;
  }

  /** Drops everything, timers included. */
  clear(): void {
    for (const { cancel } of this.#later.values()) cancel();
    this.#later.clear();
    this.#waiting.clear();
  }

  #addLater(key: string, afterMs: number): void {
    if (this.#waiting.has(key)) return;
    const at = this.#world.monotonic() + afterMs;
    const planned = this.#later.get(key);
    if (planned && planned.at <= at) return;
    planned?.cancel();
    const cancel = this.#world.after(afterMs, () => {
      this.#later.delete(key);
      this.add(key);
    });
    this.#later.set(key, { at, cancel });
  }
}
