/** JSON as values: seen through its declared type, and turned only where it is looked at. */
import { type CelType, type FieldDeclaration, type TypeProvider, dyn } from "../celtype.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./times.ts";
import {
  CelList,
  CelMap,
  CelObject,
  Duration,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from "./value.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A value of a type, from its JSON. What does not fit the type is taken as what it looks like. */
export function fromJson(json: unknown, type: CelType, provider: TypeProvider): Value {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) {
    return new JsonList(json, type.kind === "list" ? type.element : dyn, provider);
  }
  if (typeof json === "object") return fromObject(json as JsonRecord, type, provider);
  if (typeof json === "number") return fromNumber(json, type);
  return typeof json === "string" ? fromText(json, type) : (json as boolean);
}

type JsonRecord = Readonly<Record<string, unknown>>;

function fromObject(json: JsonRecord, type: CelType, provider: TypeProvider): Value {
  if (type.kind === "object") {
    const fields = provider.fields(type.name);
    if (fields) return new JsonObject(json, type.name, fields, provider);
  }
  return new JsonMap(json, type.kind === "map" ? type.value : dyn, provider);
}

function fromNumber(json: number, type: CelType): Value {
  if (type.kind === "double" || !Number.isInteger(json)) return json;
  return type.kind === "uint" ? new Uint(BigInt(json)) : BigInt(json);
}

function fromText(json: string, type: CelType): Value {
  switch (type.kind) {
    case "bytes":
      return Buffer.from(json, "base64");
    case "timestamp":
      return parseTimestamp(json) ?? json;
    case "duration":
      return parseDuration(json) ?? json;
    default:
      return json;
  }
}

class JsonList extends CelList {
  readonly #json: readonly unknown[];
  readonly #element: CelType;
  readonly #provider: TypeProvider;

  constructor(json: readonly unknown[], element: CelType, provider: TypeProvider) {
    super();
    this.#json = json;
    this.#element = element;
    this.#provider = provider;
  }
  get size(): number {
    return this.#json.length;
  }
  at(index: number): Value {
    return fromJson(this.#json[index], this.#element, this.#provider);
  }
}

class JsonMap extends CelMap {
  readonly #json: JsonRecord;
  readonly #value: CelType;
  readonly #provider: TypeProvider;

  constructor(json: JsonRecord, value: CelType, provider: TypeProvider) {
    super();
    this.#json = json;
    this.#value = value;
    this.#provider = provider;
  }
  get size(): number {
    return Object.keys(this.#json).length;
  }
  keys(): readonly string[] {
    return Object.keys(this.#json);
  }
  get(key: Value): Value | undefined {
    if (typeof key !== "string" || !Object.hasOwn(this.#json, key)) return undefined;
    return fromJson(this.#json[key], this.#value, this.#provider);
  }
}

class JsonObject extends CelObject {
  readonly typeName: string;
  readonly #json: JsonRecord;
  readonly #fields: ReadonlyMap<string, FieldDeclaration>;
  readonly #provider: TypeProvider;

  constructor(
    json: JsonRecord,
    typeName: string,
    fields: ReadonlyMap<string, FieldDeclaration>,
    provider: TypeProvider,
  ) {
    super();
    this.#json = json;
    this.typeName = typeName;
    this.#fields = fields;
    this.#provider = provider;
  }
  has(field: string): boolean {
    return Object.hasOwn(this.#json, this.#property(field));
  }
  get(field: string): Value | undefined {
    const property = this.#property(field);
    if (!Object.hasOwn(this.#json, property)) return undefined;
    const type = this.#fields.get(field)?.type ?? dyn;
    return fromJson(this.#json[property], type, this.#provider);
  }
  *fields(): Generator<string> {
    for (const field of this.#fields.keys()) if (this.has(field)) yield field;
  }
  #property(field: string): string {
    return this.#fields.get(field)?.property ?? field;
  }
}

/**
 * The JSON of a value. Undefined for what has none: an absent optional, a type, an error.
 * Bytes become base64, times their usual texts.
 */
export function toJson(value: Value): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof CelList) return [...value].map((item) => toJson(item) ?? null);
  if (value instanceof CelMap) {
    return record([...value.keys()].map((key) => [String(toJson(key)), value.get(key)]));
  }
  if (value instanceof CelObject) {
    return record([...value.fields()].map((field) => [field, value.get(field)]));
  }
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Optional) return value.value === undefined ? undefined : toJson(value.value);
  return undefined;
}

function record(entries: readonly (readonly [string, Value | undefined])[]): Json {
  const kept = entries.flatMap(([key, value]) => {
    const json = value === undefined ? undefined : toJson(value);
    return json === undefined ? [] : [[key, json] as const];
  });
  return Object.fromEntries(kept);
}
