/** Values of messages that are no objects in JSON: quantities, times, raw values and their like. */
import { canonicalQuantity, QuantityError } from "#libs/api/quantity.ts";
import { durationText, instantOf, microTimeText, timeText } from "../codec/times.ts";
import { exactText } from "../exactjson.ts";
import type { MessageSchema } from "../schema.ts";
import { FinalFieldError } from "./error.ts";
import { goDurationNanos, microTimeProblem, timeProblem } from "./go-time.ts";
import { goStruct } from "./go-type.ts";
import {
  type FieldPlace,
  type NestedReader,
  type Place,
  type ValueReader,
  wrongType,
} from "./place.ts";

/** The reader of a message that has a form of its own. */
export function formReader(message: MessageSchema, nestedReader: NestedReader): ValueReader {
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
      return schemaOrReader(message, nestedReader);
    case "struct":
      throw new Error(`${message.name} has no form of its own`);
  }
}

/** Numbers are taken as they are written; everything else is text that does not parse. */
function readQuantity(value: unknown): string {
  const text = typeof value === "string" ? value.replaceAll(/^ +| +$/g, "") : exactText(value);
  try {
    return canonicalQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) throw new FinalFieldError(error.message);
    throw error;
  }
}

function readIntOrString(value: unknown, place: Place, at: FieldPlace): number | string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") {
    throw wrongType(value, place, at, "int32", ` ${value}`, FinalFieldError);
  }
  if (typeof value !== "number") throw wrongType(value, place, at, "int32", "", FinalFieldError);
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1) {
    throw wrongType(value, place, at, "int32", ` ${value}`, FinalFieldError);
  }
  return value;
}

const notText = (value: unknown, place: Place, at: FieldPlace) =>
  wrongType(value, place, at, "string", "", FinalFieldError);

/** `Z` and nothing finer than seconds: already as it is written. */
const canonicalTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function readTime(value: unknown, place: Place, at: FieldPlace): string | undefined {
  if (typeof value !== "string") throw notText(value, place, at);
  const problem = timeProblem(value);
  if (problem !== undefined) throw new FinalFieldError(problem);
  const text = canonicalTime.test(value) ? value : timeText(instantOf(value).seconds);
  return isZeroTime(text) ? undefined : text;
}

function readMicroTime(value: unknown, place: Place, at: FieldPlace): string | undefined {
  if (typeof value !== "string") throw notText(value, place, at);
  const problem = microTimeProblem(value);
  if (problem !== undefined) throw new FinalFieldError(problem);
  const { seconds, nanos } = instantOf(value);
  const text = microTimeText(seconds, nanos);
  return isZeroTime(text) ? undefined : text;
}

/** Go's zero time is no time at all. */
const isZeroTime = (text: string): boolean => text.startsWith("0001-01-01T00:00:00");

function readDuration(value: unknown, place: Place, at: FieldPlace): string {
  if (typeof value !== "string") throw notText(value, place, at);
  const nanos = goDurationNanos(value);
  if (typeof nanos === "string") throw new FinalFieldError(nanos);
  return durationText(nanos);
}

/** ExtraValue and Verbs are lists of strings in Go; an empty one stays a list. */
function stringListReader(message: MessageSchema): ValueReader {
  const type = goStruct(message);
  return (value, place, at) => {
    if (!Array.isArray(value)) throw wrongType(value, place, at, type);
    return value.map((item: unknown) => {
      if (item !== null && typeof item !== "string") throw wrongType(item, place, at, "string");
      return item ?? "";
    });
  };
}

/** A schema, or the other thing that may stand for one: see apiextensions' marshalling. */
function schemaOrReader(message: MessageSchema, nestedReader: NestedReader): ValueReader {
  const props = message.fields.find(({ name }) => name === "schema")?.message;
  const other = message.fields.find(({ name }) => name !== "schema");
  if (!props || !other) throw new Error(`${message.name} has no schema`);
  const readSchema = nestedReader(props, goStruct(props));
  const read: ValueReader = (value, place, at) => {
    if (Array.isArray(value) && other.kind !== "bool") {
      if (value.length === 0) return undefined;
      return other.message
        ? value.map((item) => (item === null ? {} : readSchema(item, place, at)))
        : value.map((item) => textItem(item, place, at));
    }
    if (typeof value === "object" && !Array.isArray(value)) return readSchema(value, place, at);
    if (other.kind !== "bool") return undefined;
    if (typeof value === "boolean") return value;
    throw new FinalFieldError("boolean or JSON schema expected");
  };
  // Go decodes these by themselves, so that their first error is final for the whole.
  return (value, place, at) => {
    const inner: Place = { ...place, path: [...place.path], first: undefined };
    const canonical = read(value, inner, at);
    if (inner.first) throw new FinalFieldError(inner.first.message);
    return canonical ?? null;
  };
}

function textItem(item: unknown, place: Place, at: FieldPlace): string {
  if (item === null) return "";
  if (typeof item !== "string") throw wrongType(item, place, at, "string", "", FinalFieldError);
  return item;
}
