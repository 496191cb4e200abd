/** Operators: arithmetic, order, equality, containment. */
import {
  bool,
  bytes,
  type CelType,
  double,
  duration,
  int,
  listOf,
  mapOf,
  optionalOf,
  parameter,
  string,
  timestamp,
  uint,
} from "../celtype.ts";
import { declare, type FunctionDeclaration, global, type Overload } from "../environment.ts";
import { OpenList } from "../evaluate/made.ts";
import { elementOf, optionalElement } from "../evaluate/select.ts";
import { compare, equal } from "../values/compare.ts";
import { boundedTimestamp } from "../values/times.ts";
import {
  ArrayList,
  CelError,
  type CelList,
  type CelMap,
  CelObject,
  Duration,
  type Timestamp,
  Uint,
  type Value,
} from "../values/value.ts";

const A = parameter("A");
const B = parameter("B");

const int64Min = -(1n << 63n);
const int64Max = (1n << 63n) - 1n;
const uint64Max = (1n << 64n) - 1n;

export const boundedInt = (value: bigint, name = "integer"): Value =>
  value < int64Min || value > int64Max ? new CelError(`${name} overflow`) : value;
export const boundedUint = (value: bigint): Value =>
  value < 0n || value > uint64Max ? new CelError("unsigned integer overflow") : new Uint(value);
const boundedDuration = (nanos: bigint): Value =>
  nanos < int64Min || nanos > int64Max ? new CelError("duration overflow") : new Duration(nanos);
const boundedTime = (nanos: bigint): Value =>
  boundedTimestamp(nanos) ?? new CelError("timestamp overflow");

/** A function of the three types of numbers. */
function arithmetic(
  name: string,
  id: string,
  ofInts: (a: bigint, b: bigint) => bigint | CelError,
  ofDoubles: ((a: number, b: number) => number) | undefined,
): FunctionDeclaration {
  const ints = (a: bigint, b: bigint) => {
    const value = ofInts(a, b);
    return value instanceof CelError ? value : boundedInt(value);
  };
  const uints = (a: Uint, b: Uint) => {
    const value = ofInts(a.value, b.value);
    return value instanceof CelError ? value : boundedUint(value);
  };
  return declare(
    name,
    global(`${id}_int64`, [int, int], int, ints),
    global(`${id}_uint64`, [uint, uint], uint, uints),
    ...(ofDoubles ? [global(`${id}_double`, [double, double], double, ofDoubles)] : []),
  );
}

const divided = (by: bigint, value: () => bigint, name: string) =>
  by === 0n ? new CelError(`${name} by zero`) : value();

const concat = (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]);

/** The accumulator of a loop grows in place; all other lists stay as they are. */
const joinLists = (a: CelList, b: CelList): Value =>
  a instanceof OpenList ? a.add(b) : new ArrayList([...a, ...b]);

const additions = declare(
  "_+_",
  global("add_string", [string, string], string, (a: string, b: string) => a + b),
  global("add_bytes", [bytes, bytes], bytes, concat),
  global("add_list", [listOf(A), listOf(A)], listOf(A), joinLists),
  global("add_duration_duration", [duration, duration], duration, (a: Duration, b: Duration) =>
    boundedDuration(a.nanos + b.nanos),
  ),
  global("add_timestamp_duration", [timestamp, duration], timestamp, (a: Timestamp, b: Duration) =>
    boundedTime(a.nanos + b.nanos),
  ),
  global("add_duration_timestamp", [duration, timestamp], timestamp, (a: Duration, b: Timestamp) =>
    boundedTime(a.nanos + b.nanos),
  ),
);

const subtractions = declare(
  "_-_",
  global("subtract_duration_duration", [duration, duration], duration, (a: Duration, b: Duration) =>
    boundedDuration(a.nanos - b.nanos),
  ),
  global(
    "subtract_timestamp_timestamp",
    [timestamp, timestamp],
    duration,
    (a: Timestamp, b: Timestamp) => boundedDuration(a.nanos - b.nanos),
  ),
  global(
    "subtract_timestamp_duration",
    [timestamp, duration],
    timestamp,
    (a: Timestamp, b: Duration) => boundedTime(a.nanos - b.nanos),
  ),
);

const ordered: readonly (readonly [string, CelType])[] = [
  ["bool", bool],
  ["int64", int],
  ["uint64", uint],
  ["double", double],
  ["string", string],
  ["bytes", bytes],
  ["timestamp", timestamp],
  ["duration", duration],
];
const numeric = ordered.slice(1, 4);

/** An order for each type, and between the types of numbers. */
function order(name: string, id: string, holds: (sign: number) => boolean): FunctionDeclaration {
  const run = (a: Value, b: Value): Value => {
    const sign = compare(a, b);
    return sign !== undefined && holds(sign);
  };
  const same = ordered.map(([suffix, type]) => global(`${id}_${suffix}`, [type, type], bool, run));
  const mixed = numeric.flatMap(([one, left]) =>
    numeric
      .filter(([other]) => other !== one)
      .map(([other, right]) => global(`${id}_${one}_${other}`, [left, right], bool, run)),
  );
  return declare(name, ...same, ...mixed);
}

const isIn = (value: Value, list: CelList): Value => {
  for (const item of list) if (equal(value, item)) return true;
  return false;
};
const isKey = (key: Value, map: CelMap | CelObject): Value =>
  map instanceof CelObject ? typeof key === "string" && map.has(key) : map.get(key) !== undefined;

const optList = optionalOf(listOf(A));
const optMap = optionalOf(mapOf(A, B));

const indexes: readonly Overload[] = [
  global("index_list", [listOf(A), int], A, elementOf),
  global("index_map", [mapOf(A, B), A], B, elementOf),
  global("optional_list_index_int", [optList, int], optionalOf(A), optionalElement),
  global("optional_map_index_value", [optMap, A], optionalOf(B), optionalElement),
];
const optionalIndexes: readonly Overload[] = [
  global("list_optindex_optional_int", [listOf(A), int], optionalOf(A), optionalElement),
  global("optional_list_optindex_optional_int", [optList, int], optionalOf(A), optionalElement),
  global("map_optindex_optional_value", [mapOf(A, B), A], optionalOf(B), optionalElement),
  global("optional_map_optindex_optional_value", [optMap, A], optionalOf(B), optionalElement),
];

/** Evaluation knows these by their names; the overloads are there to find their types. */
const planned = (value: Value): Value => value;
const logic: readonly FunctionDeclaration[] = [
  declare("_&&_", global("logical_and", [bool, bool], bool, planned)),
  declare("_||_", global("logical_or", [bool, bool], bool, planned)),
  declare("_?_:_", global("conditional", [bool, A, A], A, planned)),
  declare("@not_strictly_false", global("not_strictly_false", [bool], bool, planned)),
];

export const operators: readonly FunctionDeclaration[] = [
  ...logic,
  declare(
    "!_",
    global("logical_not", [bool], bool, (a: boolean) => !a),
  ),
  declare(
    "-_",
    global("negate_int64", [int], int, (a: bigint) => boundedInt(-a)),
    global("negate_double", [double], double, (a: number) => -a),
  ),
  declare("_==_", global("equals", [A, A], bool, equal)),
  declare(
    "_!=_",
    global("not_equals", [A, A], bool, (a: Value, b: Value) => !equal(a, b)),
  ),
  arithmetic(
    "_+_",
    "add",
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  additions,
  arithmetic(
    "_-_",
    "subtract",
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  subtractions,
  arithmetic(
    "_*_",
    "multiply",
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  arithmetic(
    "_/_",
    "divide",
    (a, b) => divided(b, () => a / b, "division"),
    (a, b) => a / b,
  ),
  arithmetic("_%_", "modulo", (a, b) => divided(b, () => a % b, "modulus"), undefined),
  order("_<_", "less", (sign) => sign < 0),
  order("_<=_", "less_equals", (sign) => sign <= 0),
  order("_>_", "greater", (sign) => sign > 0),
  order("_>=_", "greater_equals", (sign) => sign >= 0),
  declare("_[_]", ...indexes),
  declare("_[?_]", ...optionalIndexes),
  declare(
    "@in",
    global("in_list", [A, listOf(A)], bool, isIn),
    global("in_map", [A, mapOf(A, B)], bool, isKey),
  ),
];
