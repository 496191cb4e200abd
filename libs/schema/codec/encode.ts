/** JSON-form objects to protobuf: one function a message, composed of one a field. */
import type { Writer } from "protobufjs";
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { encodeForm } from "./forms.ts";

/** Writes a message's fields, without a length before them. */
export type Encoder = (writer: Writer, value: unknown) => void;
type Fields = Readonly<Record<string, unknown>>;
type FieldEncoder = (writer: Writer, object: Fields) => void;

const lengthDelimited = 2;
const varint = 0;
const fixed64 = 1;
const fixed32 = 5;
const encoders = new Map<MessageSchema, Encoder>();

/** The encoder of a message, compiled once. */
export function messageEncoder(schema: MessageSchema): Encoder {
  const known = encoders.get(schema);
  if (known) return known;
  // Messages refer to themselves: the name must be known before the fields are compiled.
  let inner: Encoder = () => undefined;
  const encoder: Encoder = (writer, value) => inner(writer, value);
  encoders.set(schema, encoder);
  inner = schema.form === "struct" ? structEncoder(schema) : encodeForm(schema, messageEncoder);
  encoders.set(schema, inner);
  return encoder;
}

function structEncoder(schema: MessageSchema): Encoder {
  const fields = schema.fields.map(fieldEncoder);
  return (writer, value) => {
    if (typeof value !== "object" || value === null) {
      throw new TypeError(`${schema.name}: expected an object, got ${typeof value}`);
    }
    for (const encode of fields) encode(writer, value as Fields);
  };
}

function fieldEncoder(field: FieldSchema): FieldEncoder {
  if (field.inline && field.message) return inlineEncoder(field, field.message);
  if (field.cardinality === "map") return mapEncoder(field);
  if (field.cardinality === "list") return listEncoder(field);
  return field.message ? messageFieldEncoder(field, field.message) : scalarFieldEncoder(field);
}

/** A nested message whose fields stand in the parent's JSON object. */
function inlineEncoder({ number }: FieldSchema, message: MessageSchema): FieldEncoder {
  const encode = messageEncoder(message);
  const names = [...message.byJsonName.keys()];
  const tag = (number << 3) | lengthDelimited;
  return (writer, object) => {
    if (!names.some((name) => object[name] !== undefined && object[name] !== null)) return;
    writer.uint32(tag).fork();
    encode(writer, object);
    writer.ldelim();
  };
}

function messageFieldEncoder({ name, number }: FieldSchema, message: MessageSchema): FieldEncoder {
  const encode = messageEncoder(message);
  const tag = ((number << 3) | lengthDelimited) >>> 0;
  return (writer, object) => {
    const value = object[name];
    if (value === undefined || value === null) return;
    writer.uint32(tag).fork();
    encode(writer, value);
    writer.ldelim();
  };
}

function scalarFieldEncoder(field: FieldSchema): FieldEncoder {
  const { name, number } = field;
  const write = scalarWriter(field);
  const tag = ((number << 3) | wireType(field)) >>> 0;
  // No bytes and nil bytes differ where both are written.
  const keepsZero = field.pointer || field.optional || (field.kind === "bytes" && field.always);
  return (writer, object) => {
    const value = object[name];
    if (value === undefined || value === null) return;
    if (!keepsZero && isZero(value)) return;
    writer.uint32(tag);
    write(writer, value);
  };
}

const isZero = (value: unknown) =>
  value === 0 || value === "" || value === false || (value instanceof Uint8Array && !value.length);

function listEncoder(field: FieldSchema): FieldEncoder {
  const { name, number } = field;
  const tag = ((number << 3) | wireType(field)) >>> 0;
  const write = itemWriter(field);
  return (writer, object) => {
    const list = object[name];
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) throw new TypeError(`${name}: expected a list`);
    for (const item of list) {
      writer.uint32(tag);
      write(writer, item);
    }
  };
}

/** Of a list or map; null is Go's zero value of the item. */
function itemWriter(field: FieldSchema): Encoder {
  const { kind, message } = field;
  if (!message) {
    const write = scalarWriter(field);
    const zero = kind === "string" || kind === "bytes" ? "" : kind === "bool" ? false : 0;
    return (writer, value) => write(writer, value ?? zero);
  }
  const encode = messageEncoder(message);
  return (writer, value) => {
    writer.fork();
    if (value !== null && value !== undefined) encode(writer, value);
    writer.ldelim();
  };
}

const keyTag = (1 << 3) | lengthDelimited;

function mapEncoder(field: FieldSchema): FieldEncoder {
  const { name, number } = field;
  const tag = ((number << 3) | lengthDelimited) >>> 0;
  const valueTag = (2 << 3) | wireType(field);
  const write = itemWriter(field);
  return (writer, object) => {
    const map = object[name];
    if (map === undefined || map === null) return;
    if (typeof map !== "object") throw new TypeError(`${name}: expected a map`);
    // Sorted, so that equal objects have equal bytes, as Go's marshaller writes them.
    for (const key of Object.keys(map).toSorted()) {
      writer.uint32(tag).fork().uint32(keyTag).string(key);
      writer.uint32(valueTag);
      write(writer, (map as Fields)[key]);
      writer.ldelim();
    }
  };
}

function wireType({ kind }: FieldSchema): number {
  if (kind === "message" || kind === "string" || kind === "bytes") return lengthDelimited;
  if (kind === "double") return fixed64;
  return kind === "fixed32" ? fixed32 : varint;
}

function scalarWriter(field: FieldSchema): Encoder {
  const { kind, name, enumNumbers } = field;
  const wrong = (value: unknown): never => {
    throw new TypeError(`${name}: expected ${kind}, got ${JSON.stringify(value) ?? "nothing"}`);
  };
  const integer = (value: unknown): number =>
    typeof value === "number" && Number.isInteger(value) ? value : wrong(value);
  switch (kind) {
    case "string":
      return (writer, value) =>
        void writer.string(typeof value === "string" ? value : wrong(value));
    case "bool":
      return (writer, value) => void writer.bool(typeof value === "boolean" ? value : wrong(value));
    case "int32":
      return (writer, value) => void writer.int32(integer(value));
    case "uint32":
      return (writer, value) => void writer.uint32(integer(value));
    case "fixed32":
      return (writer, value) => void writer.fixed32(integer(value));
    case "int64":
      return (writer, value) => void writer.int64(integer(value));
    case "uint64":
      return (writer, value) => void writer.uint64(integer(value));
    case "double":
      return (writer, value) =>
        void writer.double(typeof value === "number" ? value : wrong(value));
    case "bytes":
      return (writer, value) => void writer.bytes(bytesOf(value) ?? wrong(value));
    case "enum":
      return (writer, value) => void writer.int32(enumNumbers?.[String(value)] ?? wrong(value));
    case "message":
      throw new Error(`${name} is a message`);
  }
}

/** Kubernetes' JSON has bytes as base64, everything else has them as they are. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
}
