/** `"%s is %d".format([…])` of cel-go's string extension. */
import {
  CelError,
  CelList,
  CelMap,
  Duration,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  typeNameOf,
  type Value,
} from "../values/value.ts";
import { formatDuration, formatTimestamp } from "../values/times.ts";

const clause = /%(?:%|(?:\.(\d+))?([a-zA-Z]))|%/g;
const precisionMax = 100;

/** The text with its clauses replaced by the arguments in their order. */
export function formatText(text: string, args: CelList): Value {
  let used = 0;
  let fault: CelError | undefined;
  const result = text.replace(clause, (whole, precision?: string, verb?: string) => {
    if (whole === "%%" || fault) return "%";
    if (verb === undefined) {
      fault = new CelError("unexpected end of string");
      return "";
    }
    if (used >= args.size) {
      fault = new CelError(`index ${used} out of range`);
      return "";
    }
    const made = clauseText(verb, precision, args.at(used));
    used += 1;
    if (typeof made === "string") return made;
    fault = made;
    return "";
  });
  if (fault) return fault;
  const left = `too many arguments supplied to string.format (expected ${used}, got ${args.size})`;
  return used === args.size ? result : new CelError(left);
}

function clauseText(verb: string, precision: string | undefined, value: Value): string | CelError {
  const digits = precision === undefined ? 6 : Number(precision);
  if (digits > precisionMax) return new CelError(`precision ${digits} exceeds ${precisionMax}`);
  switch (verb) {
    case "s":
      return textOf(value) ?? unfit("string", value);
    case "d":
      return integerOf(value)?.toString() ?? unfit("decimal", value);
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : radix(value, 2, "binary");
    case "o":
      return radix(value, 8, "octal");
    case "x":
      return hex(value);
    case "X": {
      const made = hex(value);
      return typeof made === "string" ? made.toUpperCase() : made;
    }
    case "f":
    case "e":
      return fraction(verb, digits, value);
    default:
      return new CelError(
        `could not parse formatting clause: unrecognized formatting clause "${verb}"`,
      );
  }
}

const unfit = (kind: string, value: Value) =>
  new CelError(
    `error during formatting: ${kind} clause can only be used on ` +
      `${allowed[kind] ?? "numbers"}, was given ${typeNameOf(value)}`,
  );

const allowed: Readonly<Record<string, string>> = {
  string: "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  decimal: "integers",
  binary: "integers and bools",
  octal: "integers",
  hex: "integers, byte buffers, and strings",
};

function integerOf(value: Value): bigint | undefined {
  if (typeof value === "bigint") return value;
  return value instanceof Uint ? value.value : undefined;
}

function radix(value: Value, base: number, kind: string): string | CelError {
  return integerOf(value)?.toString(base) ?? unfit(kind, value);
}

function hex(value: Value): string | CelError {
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return radix(value, 16, "hex");
}

function fraction(verb: string, digits: number, value: Value): string | CelError {
  const number = integerOf(value) ?? value;
  if (typeof number !== "number" && typeof number !== "bigint") return unfit("fixed-point", value);
  const plain = Number(number);
  if (!Number.isFinite(plain)) {
    return Number.isNaN(plain) ? "NaN" : plain > 0 ? "Infinity" : "-Infinity";
  }
  if (verb === "f") return plain.toFixed(digits);
  return plain.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

/** Undefined for what has no text. */
function textOf(value: Value): string | undefined {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return textOfNumber(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Optional) return undefined;
  if (value instanceof CelList) return textOfAll([...value], "[", "]");
  return value instanceof CelMap ? textOfMap(value) : undefined;
}

const textOfNumber = (value: number) =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "NaN" : `${value}`;

function textOfAll(values: readonly Value[], open: string, close: string): string | undefined {
  const texts = values.map(textOf);
  return texts.includes(undefined) ? undefined : `${open}${texts.join(", ")}${close}`;
}

function textOfMap(map: CelMap): string | undefined {
  const entries = [...map.keys()].map((key) => [textOf(key), textOf(map.get(key) ?? null)]);
  if (entries.some(([key, value]) => key === undefined || value === undefined)) return undefined;
  const sorted = entries.map(([key, value]) => `${key}: ${value}`).toSorted();
  return `{${sorted.join(", ")}}`;
}
