/** Protobuf of messages that are no objects in JSON: quantities, times, raw values and so on. */
import { parseExact } from "../exactjson.ts";
import type { FieldSchema, MessageSchema } from "../schema.ts";
import type { Decoder } from "./decode.ts";
import type { ObjectReader } from "./reader.ts";
import { durationText, microTimeText, timeText, zeroTimeSeconds } from "./times.ts";

/** Decoder of such a message. `messageDecoder` is handed in, since the two need each other. */
export function decodeForm(
  schema: MessageSchema,
  messageDecoder: (schema: MessageSchema) => Decoder,
): Decoder {
  switch (schema.form) {
    case "quantity":
      return whole(quantity);
    case "intOrString":
      return whole(intOrString);
    case "time":
      return whole((reader, end) => instant(reader, end, timeText));
    case "microTime":
      return whole((reader, end) => instant(reader, end, microTimeText));
    case "duration":
      return whole(duration);
    case "rawObject":
    case "rawJson":
      return whole(rawJson);
    case "stringList":
      return whole(stringList);
    case "schemaOr":
      return schemaOrDecoder(schema, messageDecoder);
    case "struct":
      throw new Error(`${schema.name} is a struct`);
  }
}

const varintTag = (number: number) => number << 3;
const textTag = (number: number) => (number << 3) | 2;

/** Refuses bytes that end elsewhere than the message does. */
function whole(decode: (reader: ObjectReader, end: number) => unknown): Decoder {
  return (reader, end) => {
    if (end > reader.len) throw new RangeError("a message is cut short");
    const value = decode(reader, end);
    if (reader.pos !== end) throw new RangeError("a field runs past the end of its message");
    return value;
  };
}

function quantity(reader: ObjectReader, end: number): string {
  let text = "";
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === textTag(1)) text = reader.string();
    else reader.skipType(tag & 7);
  }
  return text === "" ? "0" : text;
}

function intOrString(reader: ObjectReader, end: number): number | string {
  let type = 0;
  let number = 0;
  let text = "";
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === varintTag(1)) type = Number(reader.number64());
    else if (tag === varintTag(2)) number = reader.int32();
    else if (tag === textTag(3)) text = reader.string();
    else reader.skipType(tag & 7);
  }
  return type === 1 ? text : number;
}

/** An empty message is Go's zero time, which is null in JSON. */
function instant(
  reader: ObjectReader,
  end: number,
  print: (seconds: number, nanos: number) => string,
): string | null {
  if (reader.pos === end) return null;
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === varintTag(1)) seconds = Number(reader.number64());
    else if (tag === varintTag(2)) nanos = reader.int32();
    else reader.skipType(tag & 7);
  }
  return seconds === zeroTimeSeconds && nanos === 0 ? null : print(seconds, nanos);
}

function duration(reader: ObjectReader, end: number): string {
  let nanos = 0;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === varintTag(1)) nanos = Number(reader.number64());
    else reader.skipType(tag & 7);
  }
  return durationText(nanos);
}

/** JSON as text. Throws `SyntaxError` when it is not. */
function rawJson(reader: ObjectReader, end: number): unknown {
  let value: unknown = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === textTag(1)) value = parseExact(reader.string());
    else reader.skipType(tag & 7);
  }
  return value;
}

function stringList(reader: ObjectReader, end: number): string[] {
  const list: string[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === textTag(1)) list.push(reader.string());
    else reader.skipType(tag & 7);
  }
  return list;
}

/** JSONSchemaPropsOrBool, …OrArray and …OrStringArray: a schema, or the other field. */
function schemaOrDecoder(
  schema: MessageSchema,
  messageDecoder: (schema: MessageSchema) => Decoder,
): Decoder {
  const props = schema.fields.find(({ name }) => name === "schema");
  const other = schema.fields.find(({ name }) => name !== "schema");
  if (!props?.message || !other) throw new Error(`${schema.name} has no schema field`);
  const decodeProps = messageDecoder(props.message);
  const readOther = otherReader(other, messageDecoder);
  const otherTag = other.kind === "bool" ? varintTag(other.number) : textTag(other.number);
  return (reader, end, depth) => {
    if (end > reader.len) throw new RangeError(`${schema.name} is cut short`);
    let found: unknown;
    const others: unknown[] = [];
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag === textTag(props.number)) found = nested(reader, decodeProps, depth);
      else if (tag === otherTag) others.push(readOther(reader, depth));
      else reader.skipType(tag & 7);
    }
    if (reader.pos !== end) throw new RangeError("a field runs past the end of its message");
    if (found !== undefined) return found;
    if (other.kind === "bool") return others.at(-1) ?? false;
    return others.length === 0 ? null : others;
  };
}

function otherReader(
  { kind, message }: FieldSchema,
  messageDecoder: (schema: MessageSchema) => Decoder,
): (reader: ObjectReader, depth: number) => unknown {
  if (kind === "bool") return (reader) => reader.bool();
  if (!message) return (reader) => reader.string();
  const decode = messageDecoder(message);
  return (reader, depth) => nested(reader, decode, depth);
}

function nested(reader: ObjectReader, decode: Decoder, depth: number): unknown {
  const length = reader.uint32();
  return decode(reader, reader.pos + length, depth + 1);
}
