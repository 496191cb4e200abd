/** Texts, numbers, truth and bytes. */
import { isInt64 } from "../exactjson.ts";
import type { FieldSchema } from "../schema.ts";
import { FieldTypeError } from "./error.ts";
import { type FieldPlace, type Place, type ValueReader, wrongType } from "./place.ts";

/** The reader of one value; `type` is what Go calls its type. */
export function scalarReader(kind: FieldSchema["kind"], type: string): ValueReader {
  switch (kind) {
    case "string":
      return typeReader("string", type);
    case "bool":
      return typeReader("boolean", type);
    case "double":
      return typeReader("number", type);
    case "bytes":
      return base64Reader;
    default:
      return integerReader(type);
  }
}

function typeReader(wanted: "string" | "boolean" | "number", type: string): ValueReader {
  return (value, place, at) => {
    if (wanted === "number" && typeof value === "bigint") return Number(value);
    if (typeof value !== wanted) throw wrongType(value, place, at, type);
    return value;
  };
}

/** Bounds of Go's integers; those beyond 2^53 are bigints. */
const int32: readonly [number, number] = [-(2 ** 31), 2 ** 31 - 1];
const int64: readonly [number, number] = [-(2 ** 53), 2 ** 53];

function integerReader(type: string): ValueReader {
  const [min, max] = type === "int32" ? int32 : int64;
  return (value, place, at) => {
    if (typeof value === "bigint") {
      if (type !== "int32" && isInt64(value)) return value;
      throw wrongType(value, place, at, type, ` ${value}`);
    }
    if (typeof value !== "number") throw wrongType(value, place, at, type);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw wrongType(value, place, at, type, ` ${value}`);
    }
    return value;
  };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const base64Reader: ValueReader = (value, place, at) => {
  if (Array.isArray(value)) return bytesOfNumbers(value, place, at);
  if (typeof value !== "string") throw wrongType(value, place, at, "[]uint8");
  if (base64.test(value)) return value;
  // Go passes over line breaks inside of base64.
  const joined = value.replaceAll(/[\r\n]/g, "");
  if (base64.test(joined)) return joined;
  throw new FieldTypeError(`illegal base64 data at input byte ${base64ErrorOffset(value)}`);
};

/** Go also takes bytes as a list of numbers. */
function bytesOfNumbers(list: readonly unknown[], place: Place, at: FieldPlace): string {
  const bytes = list.map((item) => {
    if (item === null) return 0;
    if (typeof item !== "number") throw wrongType(item, place, at, "uint8");
    if (!Number.isInteger(item) || item < 0 || item > 255) {
      throw wrongType(item, place, at, "uint8", ` ${item}`);
    }
    return item;
  });
  return Buffer.from(bytes).toString("base64");
}

/** Where Go's decoder stops: the first foreign character, or padding that is amiss. */
function base64ErrorOffset(text: string): number {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === "\r" || char === "\n") continue;
    if (/[A-Za-z0-9+/]/.test(char)) {
      digits += 1;
      continue;
    }
    if (char !== "=" || digits % 4 < 2) return index;
    return paddingErrorOffset(text, index, digits % 4);
  }
  return text.length - (digits % 4);
}

function paddingErrorOffset(text: string, first: number, digits: number): number {
  let index = first + 1;
  const skipBreaks = () => {
    while (text[index] === "\r" || text[index] === "\n") index += 1;
  };
  skipBreaks();
  if (digits === 2) {
    if (index >= text.length) return text.length;
    if (text[index] !== "=") return index;
    index += 1;
    skipBreaks();
  }
  return index;
}
