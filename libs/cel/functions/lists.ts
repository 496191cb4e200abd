/** Functions of lists: Kubernetes' own, cel-go's sets, and what the loops over maps call. */
import {
  bool,
  bytes,
  type CelType,
  double,
  duration,
  int,
  listOf,
  mapOf,
  parameter,
  string,
  timestamp,
  uint,
} from "../celtype.ts";
import { declare, type FunctionDeclaration, global, member } from "../environment.ts";
import { OpenMap } from "../evaluate/made.ts";
import { compare, equal } from "../values/compare.ts";
import {
  CelError,
  type CelList,
  type CelMap,
  Duration,
  EntryMap,
  isError,
  Uint,
  type Value,
} from "../values/value.ts";
import { operators } from "./operators.ts";

const A = parameter("A");
const B = parameter("B");

const comparable: readonly (readonly [string, CelType])[] = [
  ["int", int],
  ["uint", uint],
  ["double", double],
  ["bool", bool],
  ["duration", duration],
  ["timestamp", timestamp],
  ["string", string],
  ["bytes", bytes],
];

const zeros: readonly (readonly [string, CelType, Value])[] = [
  ["int", int, 0n],
  ["uint", uint, new Uint(0n)],
  ["double", double, 0],
  ["duration", duration, new Duration(0n)],
];

function isSorted(list: CelList): Value {
  for (let index = 1; index < list.size; index += 1) {
    if ((compare(list.at(index - 1), list.at(index)) ?? 0) > 0) return false;
  }
  return true;
}

/** The element that all others are on one side of. */
const extreme =
  (name: string, side: 1 | -1) =>
  (list: CelList): Value => {
    let best: Value | undefined;
    for (const item of list) {
      if (best === undefined || (compare(item, best) ?? 0) * side > 0) best = item;
    }
    return best ?? new CelError(`${name} called on empty list`);
  };

const additions = operators.filter(({ name }) => name === "_+_").flatMap((one) => one.overloads);

/** Adds as `+` does, overflows included. */
const sum =
  (id: string, zero: Value) =>
  (list: CelList): Value => {
    const add = additions.find((overload) => overload.id === id);
    let total = zero;
    for (const item of list) {
      total = add?.run(total, item) ?? total;
      if (isError(total)) return total;
    }
    return total;
  };
const additionOf: Readonly<Record<string, string>> = {
  int: "add_int64",
  uint: "add_uint64",
  double: "add_double",
  duration: "add_duration_duration",
};

function indexOf(list: CelList, item: Value): Value {
  for (let index = 0; index < list.size; index += 1) {
    if (equal(list.at(index), item)) return BigInt(index);
  }
  return -1n;
}

function lastIndexOf(list: CelList, item: Value): Value {
  for (let index = list.size - 1; index >= 0; index -= 1) {
    if (equal(list.at(index), item)) return BigInt(index);
  }
  return -1n;
}

const has = (list: CelList, item: Value) => indexOf(list, item) !== -1n;
const containsAll = (list: CelList, part: CelList) => [...part].every((item) => has(list, item));
const intersects = (a: CelList, b: CelList) => [...a].some((item) => has(b, item));

/** `transformMap` and `transformMapEntry` gather with these. */
function insert(map: CelMap, key: Value, value: Value): Value {
  const into = map instanceof OpenMap ? map : new EntryMap();
  if (into !== map) for (const one of map.keys()) into.add(one, map.get(one) ?? null);
  return into.add(key, value)
    ? into
    : new CelError(`insert failed: key ${String(key)} already exists`);
}

function insertAll(map: CelMap, entries: CelMap): Value {
  let result: Value = map;
  for (const key of entries.keys()) {
    result = insert(result as CelMap, key, entries.get(key) ?? null);
    if (isError(result)) return result;
  }
  return result;
}

const forEach = (
  name: string,
  id: (type: string) => string,
  result: (type: CelType) => CelType,
  run: (list: CelList) => Value,
) =>
  declare(
    name,
    ...comparable.map(([text, type]) => member(id(text), [listOf(type)], result(type), run)),
  );

const same = (type: CelType) => type;
const sets = [listOf(A), listOf(A)];

export const lists: readonly FunctionDeclaration[] = [
  forEach(
    "isSorted",
    (type) => `list_${type}_is_sorted_bool`,
    () => bool,
    isSorted,
  ),
  forEach("max", (type) => `list_${type}_max_${type}`, same, extreme("max", 1)),
  forEach("min", (type) => `list_${type}_min_${type}`, same, extreme("min", -1)),
  declare(
    "sum",
    ...zeros.map(([name, type, zero]) =>
      member(`list_${name}_sum_${name}`, [listOf(type)], type, sum(additionOf[name] ?? "", zero)),
    ),
  ),
  declare("indexOf", member("list_a_index_of_int", [listOf(A), A], int, indexOf)),
  declare("lastIndexOf", member("list_a_last_index_of_int", [listOf(A), A], int, lastIndexOf)),
  declare("sets.contains", global("list_sets_contains_list", sets, bool, containsAll)),
  declare(
    "sets.equivalent",
    global(
      "list_sets_equivalent_list",
      sets,
      bool,
      (a: CelList, b: CelList) => containsAll(a, b) && containsAll(b, a),
    ),
  ),
  declare("sets.intersects", global("list_sets_intersects_list", sets, bool, intersects)),
  declare(
    "cel.@mapInsert",
    global("@map_insert_map_map", [mapOf(A, B), mapOf(A, B)], mapOf(A, B), insertAll),
    global("@map_insert_map_key_value", [mapOf(A, B), A, B], mapOf(A, B), insert),
  ),
];
