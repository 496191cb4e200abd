/** The objects of one resource as far as an informer has seen them. Plain and synchronous. */
import type { KubeObject } from "#libs/api/resource.ts";

/** What a listener is told. `old` is absent for a new object. */
export type Notice<T> =
  | { readonly type: "added"; readonly object: T }
  | { readonly type: "updated"; readonly object: T; readonly old: T }
  | { readonly type: "deleted"; readonly object: T };

/** Keys under which an object is found, e.g. a pod's node or its owner's uid. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** `namespace/name`, or `name` for cluster scope: the key of caches and work queues. */
export function keyOf(object: KubeObject): string {
  const { namespace, name = "" } = object.metadata ?? {};
  return namespace ? `${namespace}/${name}` : name;
}

/** The parts of {@link keyOf}. */
export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  if (slash < 0) return { namespace: "", name: key };
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export class Cache<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<
    string,
    { readonly keysOf: IndexFunction<T>; readonly buckets: Map<string, Map<string, T>> }
  >();

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** Adds an index; the objects that are there already are indexed at once. */
  addIndex(name: string, keysOf: IndexFunction<T>): void {
    if (this.#indexes.has(name)) return;
    this.#indexes.set(name, { keysOf, buckets: new Map() });
    for (const [key, object] of this.#objects) this.#index(name, key, object);
  }

  /** Objects under one key of an index. Throws when there is no such index. */
  byIndex(name: string, value: string): Iterable<T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`no index ${name}`);
    return index.buckets.get(value)?.values() ?? [];
  }

  /** Stores a version and says what that means to listeners. */
  put(object: T): Notice<T> {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    for (const name of this.#indexes.keys()) this.#index(name, key, object);
    return old ? { type: "updated", object, old } : { type: "added", object };
  }

  remove(key: string): Notice<T> | undefined {
    const object = this.#objects.get(key);
    if (!object) return undefined;
    this.#unindex(key, object);
    this.#objects.delete(key);
    return { type: "deleted", object };
  }

  /** Makes the cache hold exactly these; unchanged versions give no notice. */
  replace(objects: readonly T[]): Notice<T>[] {
    const notices: Notice<T>[] = [];
    const seen = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object);
      seen.add(key);
      const version = this.#objects.get(key)?.metadata?.resourceVersion;
      if (version !== undefined && version === object.metadata?.resourceVersion) continue;
      notices.push(this.put(object));
    }
    for (const key of [...this.#objects.keys()]) {
      if (seen.has(key)) continue;
      const notice = this.remove(key);
      if (notice) notices.push(notice);
    }
    return notices;
  }

  #index(name: string, key: string, object: T): void {
    const index = this.#indexes.get(name);
    if (!index) return;
    for (const value of index.keysOf(object)) {
      let bucket = index.buckets.get(value);
      if (!bucket) index.buckets.set(value, (bucket = new Map()));
      bucket.set(key, object);
    }
  }

  #unindex(key: string, object: T): void {
    for (const { keysOf, buckets } of this.#indexes.values()) {
      for (const value of keysOf(object)) {
        const bucket = buckets.get(value);
        bucket?.delete(key);
        if (bucket?.size === 0) buckets.delete(value);
      }
    }
  }
}
