/**
 * What expressions evaluate to. Ints are bigint and doubles are number, so that both stay apart;
 * what has no word in JavaScript has a class.
 */

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Timestamp {
  readonly nanos: bigint;
  /** @param nanos since 1970 */
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** What `type(x)` is. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export class Optional {
  static readonly none = new Optional(undefined);
  /** Undefined when there is none. */
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** An error is a value too: `true || error` is true. */
export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** A value with functions only. Two are equal when their keys are. */
export abstract class Opaque {
  abstract readonly typeName: string;
  abstract readonly key: string;
}

export abstract class CelList implements Iterable<Value> {
  abstract readonly size: number;
  /** @param index from 0 to size - 1 */
  abstract at(index: number): Value;

  *[Symbol.iterator](): Generator<Value> {
    for (let index = 0; index < this.size; index += 1) yield this.at(index);
  }
}

export class ArrayList extends CelList {
  readonly values: readonly Value[];
  constructor(values: readonly Value[]) {
    super();
    this.values = values;
  }
  get size(): number {
    return this.values.length;
  }
  at(index: number): Value {
    return this.values[index] ?? null;
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  abstract keys(): Iterable<Value>;
  abstract get(key: Value): Value | undefined;
}

/** A map that an expression made. Numbers that are equal are one key, whatever their type. */
export class EntryMap extends CelMap {
  readonly #entries = new Map<string | bigint | boolean, readonly [Value, Value]>();

  /** False when the key was there, or is none. */
  add(key: Value, value: Value): boolean {
    const plain = plainKey(key);
    if (plain === undefined || this.#entries.has(plain)) return false;
    this.#entries.set(plain, [key, value]);
    return true;
  }

  get size(): number {
    return this.#entries.size;
  }

  *keys(): Generator<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }

  get(key: Value): Value | undefined {
    const plain = plainKey(key);
    return plain === undefined ? undefined : this.#entries.get(plain)?.[1];
  }

  copy(): EntryMap {
    const copy = new EntryMap();
    for (const [key, value] of this.#entries.values()) copy.add(key, value);
    return copy;
  }
}

/** Undefined for what cannot be a key. */
export function plainKey(key: Value): string | bigint | boolean | undefined {
  if (typeof key === "string" || typeof key === "bigint" || typeof key === "boolean") return key;
  if (key instanceof Uint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return BigInt(key);
  return undefined;
}

/** A value with declared fields. */
export abstract class CelObject {
  abstract readonly typeName: string;
  abstract has(field: string): boolean;
  /** Undefined when there is no such field, or it is not set and has no zero value. */
  abstract get(field: string): Value | undefined;
  abstract fields(): Iterable<string>;
}

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Duration
  | Timestamp
  | TypeValue
  | Optional
  | Opaque
  | CelList
  | CelMap
  | CelObject
  | CelError;

export const isError = (value: Value): value is CelError => value instanceof CelError;

/** The name of a value's type, as `type(x)` and error messages tell it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
      return value === null ? "null_type" : nameOfObject(value);
  }
}

function nameOfObject(value: Exclude<Value, null | boolean | bigint | number | string>): string {
  if (value instanceof CelList) return "list";
  if (value instanceof CelMap) return "map";
  if (value instanceof CelObject || value instanceof Opaque) return value.typeName;
  if (value instanceof Uint) return "uint";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Duration) return "google.protobuf.Duration";
  if (value instanceof Timestamp) return "google.protobuf.Timestamp";
  if (value instanceof Optional) return "optional_type";
  if (value instanceof CelError) return "error";
  return "type";
}

/** Characters, bytes, elements or entries; 1 for what has no size. */
export function sizeOf(value: Value): number {
  if (typeof value === "string") return lengthOf(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return 1;
}

/** Unicode code points. */
export function lengthOf(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // The second half of a pair is not a character of its own.
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}
