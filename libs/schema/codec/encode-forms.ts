/** Messages that are no objects in JSON, as protobuf: quantities, times, raw values and so on. */
import type { Writer } from "protobufjs";
import { exactText } from "../exactjson.ts";
import type { MessageSchema } from "../schema.ts";
import type { Encoder } from "./encode.ts";
import { durationNanos, instantOf } from "./times.ts";

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
      return (writer, value) => void writer.uint32(stringTag(1)).string(exactText(value));
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
