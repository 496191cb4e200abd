/** Protobuf to JSON-form objects, in the form in which Go would write them as JSON. */
import type { Reader } from "protobufjs";
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { decodeForm } from "./forms.ts";
import { setKey } from "./keys.ts";
import { emptyOf } from "./zero.ts";

/** Reads a message that ends at `end`. */
export type Decoder = (reader: Reader, end: number, depth: number) => unknown;
type Fields = Record<string, unknown>;
type FieldDecoder = (reader: Reader, object: Fields, wireType: number, depth: number) => void;

/** Deeper messages are refused, as Kubernetes' own unmarshallers do. */
const depthMax = 100;
const lengthDelimited = 2;
const decoders = new Map<MessageSchema, Decoder>();

/** The decoder of a message, compiled once. */
export function messageDecoder(schema: MessageSchema): Decoder {
  const known = decoders.get(schema);
  if (known) return known;
  let inner: Decoder = () => undefined;
  const decoder: Decoder = (reader, end, depth) => inner(reader, end, depth);
  decoders.set(schema, decoder);
  inner = schema.form === "struct" ? structDecoder(schema) : decodeForm(schema, messageDecoder);
  decoders.set(schema, inner);
  return decoder;
}

function structDecoder(schema: MessageSchema): Decoder {
  const fields = new Map(schema.fields.map((field) => [field.number, fieldDecoder(field, schema)]));
  const complete = completer(schema);
  return (reader, end, depth) => {
    if (depth > depthMax) throw new RangeError(`${schema.name} is nested too deeply`);
    if (end > reader.len) throw new RangeError(`${schema.name} is cut short`);
    const object: Fields = {};
    readFields(reader, end, fields, object, depth);
    complete(object);
    return object;
  };
}

function readFields(
  reader: Reader,
  end: number,
  fields: ReadonlyMap<number, FieldDecoder>,
  object: Fields,
  depth: number,
): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const decode = fields.get(tag >>> 3);
    if (decode) decode(reader, object, tag & 7, depth);
    else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError("a field runs past the end of its message");
}

/** In kubus messages absent fields have values; in Kubernetes' JSON they are left out. */
const isKubernetes = ({ name }: MessageSchema) => name.startsWith("k8s.");

function completer(schema: MessageSchema): (object: Fields) => void {
  const { fields } = schema;
  const kubernetes = isKubernetes(schema);
  const absent = fields.flatMap((field) => {
    if (field.inline) return [];
    const make = kubernetes ? (field.always ? emptyOf(field) : undefined) : zeroOf(field);
    return make ? [{ name: field.name, make }] : [];
  });
  return (object) => {
    for (const { name, make } of absent) if (object[name] === undefined) object[name] = make();
  };
}

function zeroOf(field: FieldSchema): (() => unknown) | undefined {
  if (field.cardinality === "list") return () => [];
  if (field.cardinality === "map") return () => ({});
  if (field.kind === "message" || field.optional) return undefined;
  if (field.kind === "bytes") return () => new Uint8Array(0);
  if (field.kind === "enum") {
    const [zero] = Object.entries(field.enumNumbers ?? {}).find(([, number]) => number === 0) ?? [];
    return () => zero;
  }
  const zero = field.kind === "string" ? "" : field.kind === "bool" ? false : 0;
  return () => zero;
}

function fieldDecoder(field: FieldSchema, parent: MessageSchema): FieldDecoder {
  if (field.inline && field.message) return inlineDecoder(field.message);
  if (field.cardinality === "map") return mapDecoder(field, parent);
  const read = valueReader(field, parent);
  const { name } = field;
  if (field.cardinality === "list") return listDecoder(field, read);
  // A Go value without omitempty is written when zero, a pointer when set, others never.
  const dropsZero = isKubernetes(parent) && !field.pointer && !field.always;
  return (reader, object, wireType, depth) => {
    checkWireType(field, wireType);
    const value = read(reader, depth);
    if (dropsZero && (value === 0 || value === "" || value === false || value === null)) return;
    object[name] = value;
  };
}

function inlineDecoder(message: MessageSchema): FieldDecoder {
  const fields = new Map(
    message.fields.map((field) => [field.number, fieldDecoder(field, message)]),
  );
  const complete = completer(message);
  return (reader, object, _wireType, depth) => {
    readFields(reader, reader.uint32() + reader.pos, fields, object, depth + 1);
    complete(object);
  };
}

function listDecoder(field: FieldSchema, read: ValueReader): FieldDecoder {
  const { name, kind } = field;
  const isPackable = kind !== "string" && kind !== "bytes" && kind !== "message";
  return (reader, object, wireType, depth) => {
    const list = (object[name] ??= []) as unknown[];
    if (isPackable && wireType === lengthDelimited) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) list.push(read(reader, depth));
      return;
    }
    checkWireType(field, wireType);
    list.push(read(reader, depth));
  };
}

function mapDecoder(field: FieldSchema, parent: MessageSchema): FieldDecoder {
  const read = valueReader(field, parent);
  const zero = emptyOf({ ...copyOf(field), cardinality: "single", pointer: false });
  return (reader, object, _wireType, depth) => {
    const map = (object[field.name] ??= {}) as Fields;
    const end = reader.uint32() + reader.pos;
    let key = "";
    let value: unknown;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) key = reader.string();
      else if (tag >>> 3 === 2) value = read(reader, depth);
      else reader.skipType(tag & 7);
    }
    setKey(map, key, value ?? zero());
  };
}

const copyOf = ({ name, kind, message }: FieldSchema) => ({ name, kind, message });

type ValueReader = (reader: Reader, depth: number) => unknown;

function valueReader(field: FieldSchema, parent: MessageSchema): ValueReader {
  const { message, kind } = field;
  if (message) {
    const decode = messageDecoder(message);
    return (reader, depth) => {
      const length = reader.uint32();
      return decode(reader, reader.pos + length, depth + 1);
    };
  }
  switch (kind) {
    case "string":
      return (reader) => reader.string();
    case "bool":
      return (reader) => reader.bool();
    case "int32":
      return (reader) => reader.int32();
    case "uint32":
      return (reader) => reader.uint32();
    case "fixed32":
      return (reader) => reader.fixed32();
    case "int64":
      return (reader) => Number(reader.int64());
    case "uint64":
      return (reader) => Number(reader.uint64());
    case "double":
      return (reader) => reader.double();
    case "bytes":
      return isKubernetes(parent)
        ? (reader) => Buffer.from(reader.bytes()).toString("base64")
        : (reader) => new Uint8Array(reader.bytes());
    case "enum":
      return enumReader(field);
    case "message":
      throw new Error(`${field.name} has no message`);
  }
}

function enumReader({ enumNumbers = {} }: FieldSchema): ValueReader {
  const names = new Map(Object.entries(enumNumbers).map(([name, number]) => [number, name]));
  return (reader) => {
    const number = reader.int32();
    // A word of a newer version: what is not known is unspecified.
    return names.get(number) ?? names.get(0);
  };
}

const wireTypes: Readonly<Record<string, number>> = { double: 1, fixed32: 5 };
const delimitedKinds: ReadonlySet<string> = new Set(["string", "bytes", "message"]);

function checkWireType({ kind, name }: FieldSchema, wireType: number): void {
  const wanted = delimitedKinds.has(kind) ? lengthDelimited : (wireTypes[kind] ?? 0);
  if (wireType !== wanted) throw new RangeError(`${name}: wrong wire type ${wireType}`);
}
