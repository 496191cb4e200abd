/** Conversions between types, sizes, and what a type is. */
import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  listOf,
  mapOf,
  parameter,
  string,
  timestamp,
  typeOf,
  uint,
} from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { intValue } from "../syntax/literals.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "../values/times.ts";
import {
  CelError,
  Duration,
  lengthOf,
  sizeOf,
  type Timestamp,
  TypeValue,
  typeNameOf,
  type Uint,
  type Value,
} from "../values/value.ts";
import { boundedInt, boundedUint } from "./operators.ts";

const A = parameter("A");
const B = parameter("B");
const second = 1_000_000_000n;
const same = (value: Value): Value => value;

const unconvertible = (text: string, from: string, to: string) =>
  new CelError(`type conversion error from '${from}' to '${to}'${text}`);

const integerText = /^[+-]?\d+$/;

function intOfText(text: string): Value {
  const value = integerText.test(text) ? intValue(text.replace(/^\+/, "")) : undefined;
  return value ?? unconvertible("", "string", "int");
}

function uintOfText(text: string): Value {
  if (!/^\d+$/.test(text)) return unconvertible("", "string", "uint");
  return boundedUint(BigInt(text));
}

const numberText = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$/;
const special: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
  infinity: Infinity,
  "+infinity": Infinity,
  "-infinity": -Infinity,
};

function doubleOfText(text: string): Value {
  if (numberText.test(text)) return Number(text);
  return special[text.toLowerCase()] ?? unconvertible("", "string", "double");
}

/** Doubles lose their fraction; what is left must fit. */
const wholeNumber = (value: number, fit: (whole: bigint) => Value, type: string): Value =>
  Number.isFinite(value) ? fit(BigInt(Math.trunc(value))) : new CelError(`${type} overflow`);

const truths: Readonly<Record<string, boolean>> = {
  ...{ "1": true, t: true, T: true, TRUE: true, true: true, True: true },
  ...{ "0": false, f: false, F: false, FALSE: false, false: false, False: false },
};

/** As Go prints a float with the fewest digits. */
export function textOfDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return Object.is(value, -0) ? "-0" : String(value);
  const [mantissa = "", power = ""] = value.toExponential().split("e");
  return `${mantissa}e${power.replace(/^([+-])(\d)$/, "$10$2")}`;
}

function textOfBytes(value: Uint8Array): Value {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(value);
  } catch {
    return new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const strings = declare(
  "string",
  global("string_to_string", [string], string, same),
  global("bool_to_string", [bool], string, String),
  global("bytes_to_string", [bytes], string, textOfBytes),
  global("double_to_string", [double], string, textOfDouble),
  global("duration_to_string", [duration], string, formatDuration),
  global("int64_to_string", [int], string, String),
  global("timestamp_to_string", [timestamp], string, formatTimestamp),
  global("uint64_to_string", [uint], string, ({ value }: Uint) => String(value)),
);

const sizes = [
  global("size_string", [string], int, (value: string) => BigInt(lengthOf(value))),
  global("size_bytes", [bytes], int, (value: Value) => BigInt(sizeOf(value))),
  global("size_list", [listOf(A)], int, (value: Value) => BigInt(sizeOf(value))),
  global("size_map", [mapOf(A, B)], int, (value: Value) => BigInt(sizeOf(value))),
];

export const conversions: readonly FunctionDeclaration[] = [
  strings,
  declare(
    "int",
    global("int64_to_int64", [int], int, same),
    global("double_to_int64", [double], int, (value: number) =>
      wholeNumber(value, (whole) => boundedInt(whole), "integer"),
    ),
    global("duration_to_int64", [duration], int, ({ nanos }: Duration) => nanos),
    global("string_to_int64", [string], int, intOfText),
    global("timestamp_to_int64", [timestamp], int, ({ nanos }: Timestamp) => nanos / second),
    global("uint64_to_int64", [uint], int, ({ value }: Uint) => boundedInt(value)),
  ),
  declare(
    "uint",
    global("uint64_to_uint64", [uint], uint, same),
    global("double_to_uint64", [double], uint, (value: number) =>
      wholeNumber(value, boundedUint, "unsigned integer"),
    ),
    global("int64_to_uint64", [int], uint, boundedUint),
    global("string_to_uint64", [string], uint, uintOfText),
  ),
  declare(
    "double",
    global("double_to_double", [double], double, same),
    global("int64_to_double", [int], double, Number),
    global("string_to_double", [string], double, doubleOfText),
    global("uint64_to_double", [uint], double, ({ value }: Uint) => Number(value)),
  ),
  declare(
    "bool",
    global("bool_to_bool", [bool], bool, same),
    global(
      "string_to_bool",
      [string],
      bool,
      (text: string): Value => truths[text] ?? unconvertible("", "string", "bool"),
    ),
  ),
  declare(
    "bytes",
    global("bytes_to_bytes", [bytes], bytes, same),
    global("string_to_bytes", [string], bytes, (text: string) => new TextEncoder().encode(text)),
  ),
  declare(
    "duration",
    global("duration_to_duration", [duration], duration, same),
    global("int64_to_duration", [int], duration, (nanos: bigint) => new Duration(nanos)),
    global(
      "string_to_duration",
      [string],
      duration,
      (text: string): Value =>
        parseDuration(text) ?? unconvertible("", "string", "google.protobuf.Duration"),
    ),
  ),
  declare(
    "timestamp",
    global("timestamp_to_timestamp", [timestamp], timestamp, same),
    global(
      "string_to_timestamp",
      [string],
      timestamp,
      (text: string): Value =>
        parseTimestamp(text) ?? unconvertible("", "string", "google.protobuf.Timestamp"),
    ),
  ),
  declare("dyn", global("to_dyn", [A], dyn, same)),
  declare(
    "type",
    global("type", [A], typeOf(A), (value: Value) => typeValueOf(value)),
  ),
  declare("size", ...sizes),
  declare(
    "size",
    ...sizes.map(({ id, args, result, run }) => member(`${id.slice(5)}_size`, args, result, run)),
  ),
];

const typeValueOf = (value: Value): Value =>
  new TypeValue(value instanceof TypeValue ? "type" : typeNameOf(value));
