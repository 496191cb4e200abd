/** Current versions of one resource in key order: namespace, then name. */
import type { StoredVersion } from "./version.ts";

/** Names in order and what they name. Adding in order is cheap; elsewhere it moves the tail. */
class Ordered<Value> {
  readonly #names: string[] = [];
  readonly #values = new Map<string, Value>();

  get size(): number {
    return this.#names.length;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  set(name: string, value: Value): void {
    if (!this.#values.has(name)) this.#names.splice(this.position(name), 0, name);
    this.#values.set(name, value);
  }

  delete(name: string): void {
    if (this.#values.delete(name)) this.#names.splice(this.position(name), 1);
  }

  /** Index of the first name that is not before `name`. */
  position(name: string): number {
    const names = this.#names;
    let low = 0;
    let high = names.length;
    if (high > 0 && (names[high - 1] ?? "") < name) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((names[middle] ?? "") < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *values(from = 0): Generator<Value> {
    for (let index = from; index < this.#names.length; index++) {
      const value = this.#values.get(this.#names[index] ?? "");
      if (value !== undefined) yield value;
    }
  }
}

/** Found by name, walked in order; counts objects and bytes. */
export class VersionIndex {
  readonly #namespaces = new Ordered<Ordered<StoredVersion>>();
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** Of what is stored, without its other forms. */
  get bytes(): number {
    return this.#bytes;
  }

  get(namespace: string, name: string): StoredVersion | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(version: StoredVersion): void {
    let names = this.#namespaces.get(version.namespace);
    if (names === undefined) {
      names = new Ordered();
      this.#namespaces.set(version.namespace, names);
    }
    const before = names.size;
    this.#bytes += version.value.length - (names.get(version.name)?.value.length ?? 0);
    names.set(version.name, version);
    this.#size += names.size - before;
  }

  delete(namespace: string, name: string): void {
    const names = this.#namespaces.get(namespace);
    if (names === undefined) return;
    const before = names.size;
    this.#bytes -= names.get(name)?.value.length ?? 0;
    names.delete(name);
    this.#size += names.size - before;
    if (names.size === 0) this.#namespaces.delete(namespace);
  }

  /** In key order; `namespace` "" is all of them. */
  *values(namespace = ""): Generator<StoredVersion> {
    if (namespace !== "") {
      yield* this.#namespaces.get(namespace)?.values() ?? [];
      return;
    }
    for (const names of this.#namespaces.values()) yield* names.values();
  }

  toArray(namespace = ""): StoredVersion[] {
    return [...this.values(namespace)];
  }
}
