/** Messages that are no objects in JSON: quantities, times, raw values and their like. */
import type { Reader, Writer } from "protobufjs";
import type { MessageSchema } from "../schema.ts";
import type { Decoder } from "./decode.ts";
import type { Encoder } from "./encode.ts";
import { durationNanos, durationText, instantOf, microTimeText, timeText } from "./times.ts";

const stringTag = (number: number) => (number << 3) | 2;
const varintTag = (number: number) => number << 3;

/** Encoder of such a message. `messageEncoder` is handed in, since the two need each other. */
export function encodeForm(
  schema: MessageSchema,
  messageEncoder: (schema: MessageSchema) => Encoder,
): Encoder {
  switch (schema.form) {
    case "quantity":
      return (writer, value) => void writer.uint32(stringTag(1)).string(String(value));
    case "intOrString":
      return encodeIntOrString;
    case "time":
    case "microTime":
      return encodeTime;
    case "duration":
      return (writer, value) =>
        void writer.uint32(varintTag(1)).int64(durationNanos(String(value)));
    case "rawObject":
    case "rawJson":
      return (writer, value) => void writer.uint32(stringTag(1)).string(JSON.stringify(value));
    case "stringList":
      return (writer, value) => {
        for (const item of value as string[]) writer.uint32(stringTag(1)).string(item);
      };
    case "schemaOr":
      return schemaOrEncoder(schema, messageEncoder);
    case "struct":
      throw new Error(`${schema.name} is a struct`);
  }
}

function encodeIntOrString(writer: Writer, value: unknown): void {
  if (typeof value === "number") {
    writer.uint32(varintTag(1)).int64(0).uint32(varintTag(2)).int32(value);
  } else {
    writer.uint32(varintTag(1)).int64(1).uint32(stringTag(3)).string(String(value));
  }
}

function encodeTime(writer: Writer, value: unknown): void {
  const { seconds, nanos } = instantOf(String(value));
  writer.uint32(varintTag(1)).int64(seconds);
  if (nanos !== 0) writer.uint32(varintTag(2)).int32(nanos);
}

/** JSONSchemaPropsOrBool, …OrArray and …OrStringArray: which one tells the second field. */
function schemaOrEncoder(
  schema: MessageSchema,
  messageEncoder: (schema: MessageSchema) => Encoder,
): Encoder {
  const props = schema.fields.find(({ name }) => name === "schema");
  const other = schema.fields.find(({ name }) => name !== "schema");
  if (!props?.message || !other) throw new Error(`${schema.name} has no schema field`);
  const encode = messageEncoder(props.message);
  const nested = (writer: Writer, number: number, value: unknown) => {
    writer.uint32(stringTag(number)).fork();
    encode(writer, value);
    writer.ldelim();
  };
  return (writer, value) => {
    if (typeof value === "boolean") {
      writer.uint32(varintTag(other.number)).bool(value);
    } else if (Array.isArray(value)) {
      for (const item of value) {
        if (other.message) nested(writer, other.number, item);
        else writer.uint32(stringTag(other.number)).string(String(item));
      }
    } else {
      // Present schemas are allowed, as Go sets it.
      if (other.kind === "bool") writer.uint32(varintTag(other.number)).bool(true);
      nested(writer, props.number, value);
    }
  };
}

/** Decoder of such a message. */
export function decodeForm(
  schema: MessageSchema,
  messageDecoder: (schema: MessageSchema) => Decoder,
): Decoder {
  const finish = finisher(schema);
  const nested = new Map(
    schema.fields.flatMap(({ number, message }) =>
      message ? [[number, messageDecoder(message)] as const] : [],
    ),
  );
  return (reader, end, depth) => {
    const parts = new Map<number, unknown[]>();
    while (reader.pos < end) {
      const tag = reader.uint32();
      const number = tag >>> 3;
      const list = parts.get(number) ?? [];
      parts.set(number, list);
      list.push(readPart(reader, tag & 7, nested.get(number), depth));
    }
    return finish(parts);
  };
}

function readPart(
  reader: Reader,
  wireType: number,
  decode: Decoder | undefined,
  depth: number,
): unknown {
  if (wireType === 0) return Number(reader.int64());
  if (wireType !== 2) {
    reader.skipType(wireType);
    return undefined;
  }
  if (!decode) return reader.bytes();
  const length = reader.uint32();
  return decode(reader, reader.pos + length, depth + 1);
}

const textDecoder = new TextDecoder();
const text = (part: unknown) => (part instanceof Uint8Array ? textDecoder.decode(part) : "");

type Finisher = (parts: ReadonlyMap<number, readonly unknown[]>) => unknown;

function finisher(schema: MessageSchema): Finisher {
  switch (schema.form) {
    case "quantity":
      return (parts) => text(parts.get(1)?.[0]) || "0";
    case "intOrString":
      return (parts) =>
        parts.get(1)?.[0] === 1 ? text(parts.get(3)?.[0]) : (parts.get(2)?.[0] ?? 0);
    case "time":
      return (parts) => instant(parts, timeText);
    case "microTime":
      return (parts) => instant(parts, microTimeText);
    case "duration":
      return (parts) => durationText(Number(parts.get(1)?.[0] ?? 0));
    case "rawObject":
    case "rawJson":
      return (parts) => (parts.has(1) ? (JSON.parse(text(parts.get(1)?.[0])) as unknown) : null);
    case "stringList":
      return (parts) => (parts.get(1) ?? []).map(text);
    case "schemaOr":
      return (parts) => schemaOr(schema, parts);
    case "struct":
      throw new Error(`${schema.name} is a struct`);
  }
}

/** An empty time is Go's zero time, which is null in JSON. */
function instant(
  parts: ReadonlyMap<number, readonly unknown[]>,
  print: (seconds: number, nanos: number) => string,
): string | null {
  if (parts.size === 0) return null;
  return print(Number(parts.get(1)?.[0] ?? 0), Number(parts.get(2)?.[0] ?? 0));
}

function schemaOr(schema: MessageSchema, parts: ReadonlyMap<number, readonly unknown[]>): unknown {
  const props = schema.fields.find(({ name }) => name === "schema")?.number ?? 0;
  const other = schema.fields.find(({ name }) => name !== "schema");
  if (parts.has(props)) return parts.get(props)?.[0];
  const values = parts.get(other?.number ?? 0) ?? [];
  if (other?.kind === "bool") return values[0] === 1;
  return other?.message ? values : values.map(text);
}
