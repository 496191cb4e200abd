/** Values of messages that are no objects in JSON: quantities, times, raw values and their like. */
import { canonicalQuantity, QuantityError } from "#libs/api/quantity.ts";
import { durationText, instantOf, microTimeText, timeText } from "../codec/times.ts";
import type { MessageSchema } from "../schema.ts";
import { FieldTypeError } from "./error.ts";
import { goDurationNanos, microTimeProblem, timeProblem } from "./go-time.ts";
import { type FieldPlace, type Place, structReader, type ValueReader, wrongType } from "./object.ts";

/** The reader of a message that has a form of its own. */
export function formReader(message: MessageSchema): ValueReader {
  switch (message.form) {
    case "quantity":
      return readQuantity;
    case "intOrString":
      return readIntOrString;
    case "time":
      return readTime;
    case "microTime":
      return readMicroTime;
    case "duration":
      return readDuration;
    case "rawObject":
    case "rawJson":
      return (value) => value;
    case "stringList":
      return stringListReader(message);
    case "schemaOr":
      return schemaOrReader(message);
    case "struct":
      throw new Error(`${message.name} has no form of its own`);
  }
}

/** Numbers are taken as they are written; everything else is text that does not parse. */
function readQuantity(value: unknown): string {
  const text = typeof value === "string" ? value.trim() : JSON.stringify(value);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new FieldTypeError(error.message);
    throw error;
  }
}

function readIntOrString(value: unknown, place: Place, at: FieldPlace): number | string {
  if (typeof value === "string") return value;
  if (typeof value !== "number") throw wrongType(value, place, at, "int32");
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) {
    throw wrongType(value, place, at, "int32", ` ${value}`);
  }
  return value;
}

/** `Z` and nothing finer than seconds: already as it is written. */
const canonicalTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function readTime(value: unknown, place: Place, at: FieldPlace): string | undefined {
  if (typeof value !== "string") throw wrongType(value, place, at, "string");
  const problem = timeProblem(value);
  if (problem !== undefined) throw new FieldTypeError(problem);
  const text = canonicalTime.test(value) ? value : timeText(instantOf(value).seconds);
  return isZeroTime(text) ? undefined : text;
}

function readMicroTime(value: unknown, place: Place, at: FieldPlace): string | undefined {
  if (typeof value !== "string") throw wrongType(value, place, at, "string");
  const problem = microTimeProblem(value);
  if (problem !== undefined) throw new FieldTypeError(problem);
  const { seconds, nanos } = instantOf(value);
  const text = microTimeText(seconds, nanos);
  return isZeroTime(text) ? undefined : text;
}

/** Go's zero time is no time at all. */
const isZeroTime = (text: string): boolean => text.startsWith("0001-01-01T00:00:00");

function readDuration(value: unknown, place: Place, at: FieldPlace): string {
  if (typeof value !== "string") throw wrongType(value, place, at, "string");
  const nanos = goDurationNanos(value);
  if (typeof nanos === "string") throw new FieldTypeError(nanos);
  return durationText(nanos);
}

/** ExtraValue and Verbs are lists of strings in Go; an empty one stays a list. */
function stringListReader(message: MessageSchema): ValueReader {
  const type = message.name.split(".").slice(-2).join(".");
  return (value, place, at) => {
    if (!Array.isArray(value)) throw wrongType(value, place, at, type);
    return value.map((item: unknown) => {
      if (item !== null && typeof item !== "string") throw wrongType(item, place, at, "string");
      return item ?? "";
    });
  };
}

/** A schema, or the other thing that may stand for one: see apiextensions' marshalling. */
function schemaOrReader(message: MessageSchema): ValueReader {
  const props = message.fields.find(({ kind, cardinality }) => {
    return kind === "message" && cardinality === "single";
  })?.message;
  if (!props) throw new Error(`${message.name} has no schema`);
  const read = structReader(props);
  const readSchema: ValueReader = (value, place, at) => {
    place.path.push(at.path);
    const object = read(value as Record<string, unknown>, place);
    place.path.pop();
    return object;
  };
  const { kind } = message.fields.find((field) => field.message !== props || isList(field)) ?? {};
  return (value, place, at) => {
    if (kind === "bool" && typeof value === "boolean") return value;
    if (kind !== "bool" && Array.isArray(value)) {
      return kind === "string"
        ? value.map(String)
        : value.map((item) => readSchema(item, place, at));
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return readSchema(value, place, at);
    }
    throw new FieldTypeError(
      kind === "bool"
        ? "boolean or JSON schema expected"
        : kind === "string"
          ? "schema or string array expected"
          : "schema or array of schemas expected",
    );
  };
}

const isList = ({ cardinality }: { cardinality: string }): boolean => cardinality === "list";
