/**
 * JSON values to canonical objects: what Go holds after decoding a body into a typed object,
 * written again. Wrong types are refused in the words of Kubernetes' decoder (sigs.k8s.io/json),
 * unknown fields are dropped and named.
 */
import { setKey } from "../codec/keys.ts";
import { emptyOf } from "../codec/zero.ts";
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { FieldTypeError, FinalFieldError, jsonKind, TooDeepError } from "./error.ts";
import { formReader } from "./forms.ts";
import { goElementType, goStruct, goType } from "./go-type.ts";
import { unknownFields } from "./odd.ts";
import { type FieldPlace, type Place, type ValueReader, wrongType } from "./place.ts";
import { scalarReader } from "./scalars.ts";

export interface ReadObject {
  /** In the order of the schema's fields. Shares raw JSON values with the input, nothing else. */
  readonly object: Record<string, unknown>;
  /** Paths of fields that the schema does not have, in the order of the input: `spec.a[0].b`. */
  readonly unknown: readonly string[];
}

/** Go takes 10,000; here the stack would end. Protobuf takes all that passes here. */
const depthMax = 500;

/**
 * Reads a value of a message. `null` is the empty object. apiVersion and kind are kept where the
 * message has them. Throws `FieldTypeError`, worded as kube-apiserver answers it.
 */
export function readObject(schema: MessageSchema, value: unknown): ReadObject {
  const place: Place = { path: [], inOrder: false, first: undefined, isOdd: false };
  let object: Record<string, unknown>;
  try {
    object = readRoot(schema, value, place);
  } catch (error) {
    if (!(error instanceof FieldTypeError) || error instanceof TooDeepError) throw error;
    const again: Place = { ...place, path: [], inOrder: true };
    readRoot(schema, value, again);
    throw again.first ?? error;
  }
  return { object, unknown: place.isOdd ? unknownFields(schema, value) : [] };
}

function readRoot(schema: MessageSchema, value: unknown, place: Place): Record<string, unknown> {
  if (value === null || value === undefined) return structReader(schema)({}, place);
  if (typeof value !== "object" || Array.isArray(value)) {
    const type = goStruct(schema);
    throw new FieldTypeError(
      `json: cannot unmarshal ${jsonKind(value)} into Go value of type ${type}`,
    );
  }
  return structReader(schema)(value as Record<string, unknown>, place);
}

type StructReader = (value: Record<string, unknown>, place: Place) => Record<string, unknown>;

const structReaders = new WeakMap<MessageSchema, StructReader>();

/** The reader of a struct, made once. */
function structReader(schema: MessageSchema): StructReader {
  const known = structReaders.get(schema);
  if (known) return known;
  let reader: StructReader | undefined;
  // Schemas may contain themselves: what is inside is made when first met.
  const lazy: StructReader = (value, place) => (reader ??= makeStruct(schema))(value, place);
  structReaders.set(schema, lazy);
  return lazy;
}

interface Member extends FieldPlace {
  readonly name: string;
  /** Canonical value of what was given; undefined is left out. */
  readonly read: (value: unknown, place: Place) => unknown;
  /** What stands there when nothing was given. */
  readonly empty: (() => unknown) | undefined;
}

function makeStruct(schema: MessageSchema): StructReader {
  const members = [...membersOf(schema, schema.shortName, "")];
  const byName = new Map(members.map((member) => [member.name, member]));
  return (value, place) => {
    if (place.path.length > depthMax) throw new TooDeepError("exceeded max depth");
    if (place.inOrder) return visitInOrder(value, byName, place);
    const object: Record<string, unknown> = {};
    let known = 0;
    if (schema.typeMeta) known += readTypeMeta(value, object);
    for (const member of members) {
      const given = value[member.name];
      if (given !== undefined) known += 1;
      let canonical: unknown;
      if (given !== undefined && given !== null) canonical = member.read(given, place);
      canonical ??= member.empty?.();
      if (canonical !== undefined) object[member.name] = canonical;
    }
    place.isOdd ||= countKeys(value) !== known;
    return object;
  };
}

function visitInOrder(
  value: Record<string, unknown>,
  members: ReadonlyMap<string, Member>,
  place: Place,
): Record<string, unknown> {
  for (const [key, given] of Object.entries(value)) {
    if (given !== null) attempt(place, () => members.get(key)?.read(given, place));
  }
  return {};
}

/** Goes on behind an error that does not end decoding. */
function attempt(place: Place, read: () => unknown): unknown {
  const depth = place.path.length;
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FieldTypeError) || error instanceof FinalFieldError) throw error;
    place.first ??= error;
    place.path.length = depth;
    return undefined;
  }
}

/** Copies apiVersion and kind, and tells how many of the two there are. */
function readTypeMeta(value: Record<string, unknown>, object: Record<string, unknown>): number {
  let known = 0;
  for (const name of ["kind", "apiVersion"]) {
    const given = value[name];
    if (given === undefined) continue;
    known += 1;
    if (given === null) continue;
    if (typeof given !== "string") {
      throw new FieldTypeError(
        `json: cannot unmarshal ${jsonKind(given)} into Go struct field TypeMeta.${name} ` +
          "of type string",
      );
    }
    object[name] = given;
  }
  return known;
}

function countKeys(value: object): number {
  let count = 0;
  for (const _ in value) count += 1;
  return count;
}

/** Fields of a struct and of the structs embedded in it. */
function* membersOf(schema: MessageSchema, struct: string, embedded: string): Generator<Member> {
  for (const field of schema.fields) {
    const { name, message } = field;
    if (field.inline && message) {
      yield* membersOf(message, struct, `${embedded}${message.shortName}.`);
      continue;
    }
    const place: FieldPlace = { struct, path: embedded + name };
    const read = fieldReader(field, place);
    yield { name, ...place, read, empty: field.always ? emptyOf(field) : undefined };
  }
}

type FieldReader = (value: unknown, place: Place) => unknown;

function fieldReader(field: FieldSchema, at: FieldPlace): FieldReader {
  const read = valueReader(field);
  if (field.cardinality === "list") return listReader(field, read, at);
  if (field.cardinality === "map") return mapReader(field, read, at);
  if (field.pointer || field.always) return (value, place) => read(value, place, at) ?? undefined;
  // A plain Go value that is zero is not written.
  return (value, place) => {
    const canonical = read(value, place, at);
    return canonical === "" || canonical === 0 || canonical === false
      ? undefined
      : (canonical ?? undefined);
  };
}

function listReader(field: FieldSchema, read: ValueReader, at: FieldPlace): FieldReader {
  const type = goType(field);
  const empty = emptyOf({ ...shapeOf(field), cardinality: "single", pointer: false });
  return (value, place) => {
    if (!Array.isArray(value)) throw wrongType(value, place, at, type);
    if (value.length === 0) return undefined;
    if (place.inOrder) {
      return value.map((item) => item !== null && attempt(place, () => read(item, place, at)));
    }
    return value.map((item: unknown) =>
      item === null ? empty() : (read(item, place, at) ?? empty()),
    );
  };
}

function mapReader(field: FieldSchema, read: ValueReader, at: FieldPlace): FieldReader {
  const type = goType(field);
  const empty =
    field.kind === "bytes"
      ? () => ""
      : emptyOf({ ...shapeOf(field), cardinality: "single", pointer: false });
  return (value, place) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw wrongType(value, place, at, type);
    }
    const object: Record<string, unknown> = {};
    let isEmpty = true;
    for (const [key, given] of Object.entries(value)) {
      isEmpty = false;
      if (place.inOrder) {
        if (given !== null) attempt(place, () => read(given, place, at));
        continue;
      }
      const canonical = given === null ? empty() : (read(given, place, at) ?? empty());
      setKey(object, key, canonical);
    }
    return isEmpty ? undefined : object;
  };
}

const shapeOf = ({ kind, message }: FieldSchema) => ({ kind, message });

function valueReader(field: FieldSchema): ValueReader {
  const { message } = field;
  const type = goElementType(field);
  if (!message) return scalarReader(field.kind, type);
  return message.form === "struct"
    ? nestedReader(message, type)
    : formReader(message, nestedReader);
}

function nestedReader(message: MessageSchema, type: string): ValueReader {
  const read = structReader(message);
  return (value, place, at) => {
    if (typeof value !== "object" || Array.isArray(value)) {
      throw wrongType(value, place, at, type);
    }
    place.path.push(at.path);
    const object = read(value as Record<string, unknown>, place);
    place.path.pop();
    return object;
  };
}
