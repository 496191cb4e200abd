/** A priority queue of distinct keys: add, take the first, remove any. */

/** Negative when `a` comes before `b`. */
export type Order<T> = (a: T, b: T) => number;

export class Heap<T> {
  readonly #before: Order<T>;
  readonly #keyOf: (item: T) => string;
  readonly #items: T[] = [];
  readonly #places = new Map<string, number>();

  constructor(keyOf: (item: T) => string, before: Order<T>) {
    this.#keyOf = keyOf;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#items[place];
  }

  /** Adds an item; one of the same key is replaced. */
  put(item: T): void {
    this.remove(this.#keyOf(item));
    this.#items.push(item);
    this.#up(this.#items.length - 1, item);
  }

  take(): T | undefined {
    const [first] = this.#items;
    if (first !== undefined) this.remove(this.#keyOf(first));
    return first;
  }

  remove(key: string): T | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const item = this.#items[place];
    const last = this.#items.pop();
    this.#places.delete(key);
    if (last !== undefined && place < this.#items.length) {
      this.#up(place, last);
      this.#down(this.#places.get(this.#keyOf(last)) ?? place, last);
    }
    return item;
  }

  #set(place: number, item: T): void {
    this.#items[place] = item;
    this.#places.set(this.#keyOf(item), place);
  }

  #up(from: number, item: T): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#items[parent];
      if (above === undefined || this.#before(item, above) >= 0) break;
      this.#set(place, above);
      place = parent;
    }
    this.#set(place, item);
  }

  #down(from: number, item: T): void {
    let place = from;
    while (true) {
      const child = this.#smallerChild(place);
      const below = child === undefined ? undefined : this.#items[child];
      if (child === undefined || below === undefined || this.#before(below, item) >= 0) break;
      this.#set(place, below);
      place = child;
    }
    this.#set(place, item);
  }

  #smallerChild(place: number): number | undefined {
    const left = 2 * place + 1;
    const [a, b] = [this.#items[left], this.#items[left + 1]];
    if (a === undefined) return undefined;
    return b !== undefined && this.#before(b, a) < 0 ? left + 1 : left;
  }
}
