/** JSON-form objects to protobuf: one function a message, composed of one a field. */
import type { Writer } from "protobufjs";
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { encodeForm } from "./encode-forms.ts";
import { literal, Source } from "./source.ts";

/** Writes a message's fields, without a length before them. */
export type Encoder = (writer: Writer, value: unknown) => void;
type Fields = Readonly<Record<string, unknown>>;

const lengthDelimited = 2;
const varint = 0;
const fixed64 = 1;
const fixed32 = 5;
const encoders = new WeakMap<MessageSchema, Encoder>();

/** The encoder of a message. It is made when it is first used, and those inside of it likewise. */
export function messageEncoder(schema: MessageSchema): Encoder {
  const known = encoders.get(schema);
  if (known) return known;
  let made: Encoder | undefined;
  const lazy: Encoder = (writer, value) => {
    made ??= schema.form === "struct" ? structEncoder(schema) : encodeForm(schema, messageEncoder);
    made(writer, value);
  };
  encoders.set(schema, lazy);
  return lazy;
}

/** Composed as source text, so that an object's fields are read by name. */
function structEncoder(schema: MessageSchema): Encoder {
  const source = new Source();
  const refuse = source.refer((value: unknown) => {
    throw new TypeError(`${schema.name}: expected an object, got ${typeof value}`);
  });
  source.line(`if (typeof object !== "object" || object === null) ${refuse}(object);`);
  for (const field of schema.fields) composeField(source, field);
  return source.compile<Encoder>("writer, object", `encode ${schema.name}`);
}

function composeField(source: Source, field: FieldSchema): void {
  const { number, cardinality, message } = field;
  if (field.inline && message) return composeInline(source, number, message);
  const tag = (number << 3) | (cardinality === "map" ? lengthDelimited : wireType(field));
  source.line(`{ const value = object[${literal(field.name)}];`);
  source.line(`if (${conditionText(field)}) {`);
  if (cardinality === "map") {
    source.line(`${source.refer(mapWriter(field, tag))}(writer, value);`);
  } else if (cardinality === "list") {
    source.line(`${source.refer(listWriter(field, tag))}(writer, value);`);
  } else if (message) {
    const encode = source.refer(messageEncoder(message));
    source.line(`writer.uint32(${tag}).fork(); ${encode}(writer, value); writer.ldelim();`);
  } else {
    source.line(`writer.uint32(${tag}); ${source.refer(scalarWriter(field))}(writer, value);`);
  }
  source.line("} }");
}

/** Whether a field's value is written. */
function conditionText({ kind, cardinality, pointer, optional, always }: FieldSchema): string {
  const isSet = "value !== undefined && value !== null";
  if (cardinality !== "single" || kind === "message" || pointer || optional) return isSet;
  // No bytes and nil bytes differ where both are written.
  if (kind === "bytes") return always ? isSet : `${isSet} && value.length !== 0`;
  const zero = kind === "string" ? '""' : kind === "bool" ? "false" : "0";
  return `${isSet} && value !== ${zero}`;
}

/** A nested message whose fields stand in the parent's JSON object. */
function composeInline(source: Source, number: number, message: MessageSchema): void {
  const keys = [...message.byJsonName.keys()].map((name) => `object[${literal(name)}]`);
  source.line(
    `if (${keys.map((key) => `${key} !== undefined && ${key} !== null`).join(" || ")}) {`,
  );
  const tag = (number << 3) | lengthDelimited;
  const encode = source.refer(messageEncoder(message));
  source.line(`writer.uint32(${tag}).fork(); ${encode}(writer, object); writer.ldelim(); }`);
}

function listWriter(field: FieldSchema, tag: number): Encoder {
  const write = itemWriter(field);
  return (writer, list) => {
    if (!Array.isArray(list)) throw new TypeError(`${field.name}: expected a list`);
    for (const item of list) {
      writer.uint32(tag);
      write(writer, item);
    }
  };
}

const keyTag = (1 << 3) | lengthDelimited;

function mapWriter(field: FieldSchema, tag: number): Encoder {
  const valueTag = (2 << 3) | wireType(field);
  const write = itemWriter(field);
  return (writer, map) => {
    if (typeof map !== "object" || map === null) {
      throw new TypeError(`${field.name}: expected a map`);
    }
    // Sorted, so that equal objects have equal bytes, as Go's marshaller writes them.
    for (const key of Object.keys(map).toSorted()) {
      writer.uint32(tag).fork().uint32(keyTag).string(key);
      writer.uint32(valueTag);
      write(writer, (map as Fields)[key]);
      writer.ldelim();
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
      return (writer, value) =>
        void writer.int64(typeof value === "bigint" ? halvesOf(value) : integer(value));
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

/** As protobufjs takes what a number does not hold exactly. */
function halvesOf(value: bigint): { low: number; high: number; unsigned: boolean } {
  const low = Number(BigInt.asIntN(32, value));
  return { low, high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

/** Kubernetes' JSON has bytes as base64, everything else has them as they are. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === "string" ? Buffer.from(value, "base64") : undefined;
}
