/**
 * What an evaluation costs, in the units of cel-go (interpreter/runtimecost.go) and, for their
 * functions, of Kubernetes (apiserver pkg/cel/library/cost.go): limits are told in them.
 */
import { CelList, CelMap, sizeOf, type Value } from "../values/value.ts";

export const traversalFactor = 0.1;
export const regexFactor = 0.25;
/** Of building a list, a map or an object. */
export const createCost = { list: 10, map: 30, struct: 40 } as const;
/** Of one question to the authorizer: two fit in an expression. */
export const authorizationCost = 350_000;

const traversal = (value: Value | undefined, times = 1) =>
  Math.ceil(sizeOf(value ?? null) * times * traversalFactor);

const pattern = (text: Value | undefined, regex: Value | undefined) =>
  Math.ceil((1 + sizeOf(text ?? null)) * traversalFactor) *
  Math.ceil(sizeOf(regex ?? null) * regexFactor);

type Cost = (args: readonly Value[], result: Value) => number;

const first: Cost = ([a]) => traversal(a);
const firstTwice: Cost = ([a]) => traversal(a, 2);
const deep: Cost = ([a]) => deepCost(a ?? null);
const smaller: Cost = ([a, b]) =>
  Math.ceil(Math.min(sizeOf(a ?? null), sizeOf(b ?? null)) * traversalFactor);
const both: Cost = ([a, b]) => Math.ceil((sizeOf(a ?? null) + sizeOf(b ?? null)) * traversalFactor);
const found: Cost = ([a, b]) => pattern(a, b);
/** Every pair is compared. */
const product: Cost = ([a, b]) => sizeOf(a ?? null) * sizeOf(b ?? null);

/** Of functions, whatever the overload. */
const byFunction: ReadonlyMap<string, Cost> = new Map<string, Cost>([
  ["check", () => authorizationCost],
  ...["isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"].map(
    (name) => [name, deep] as const,
  ),
  ...["url", "lowerAscii", "upperAscii", "substring", "trim"].map((name) => [name, first] as const),
  ...["replace", "split"].map((name) => [name, firstTwice] as const),
  ["join", (_, result) => traversal(result, 2)],
  ["find", found],
  ["findAll", found],
  ...["cidr", "isIP", "isCIDR", "quantity", "isQuantity"].map((name) => [name, first] as const),
  ["ip.isCanonical", firstTwice],
  ...["semver", "isSemver"].map((name) => [name, first] as const),
  ["validate", ([, text]) => traversal(text)],
  ...["sets.contains", "sets.intersects"].map((name) => [name, product] as const),
  ["sets.equivalent", (args, result) => 2 * product(args, result)],
]);

/** Of single overloads. */
const byOverload: ReadonlyMap<string, Cost> = new Map<string, Cost>([
  ...["starts_with_string", "ends_with_string"].map((id) => [id, first] as const),
  ...["string_to_bytes", "bytes_to_string", "string_to_ip"].map((id) => [id, first] as const),
  ["in_list", ([, list]) => sizeOf(list ?? null)],
  ...["less", "less_equals", "greater", "greater_equals"].flatMap((name) => [
    [`${name}_string`, smaller] as const,
    [`${name}_bytes`, smaller] as const,
  ]),
  ["equals", smaller],
  ["not_equals", smaller],
  ["add_string", both],
  ["add_bytes", both],
  ["matches", found],
  ["matches_string", found],
  ["contains_string", ([a, b]) => traversal(a) * traversal(b)],
  ["cidr_contains_ip", ([cidr]) => traversal(cidr, 2)],
  ["cidr_contains_ip_string", ([cidr, text]) => traversal(cidr, 2) + traversal(text)],
  ["cidr_contains_cidr", ([cidr]) => traversal(cidr, 2) + traversal(cidr) + 1],
  [
    "cidr_contains_cidr_string",
    ([cidr, text]) => traversal(cidr, 2) + traversal(cidr) + 1 + traversal(text),
  ],
  ["string_format", ([text]) => traversal(text)],
]);

/** Of one call, beside that of its arguments. */
export function callCost(
  name: string,
  overload: string,
  args: readonly Value[],
  result: Value,
): number {
  const cost = byOverload.get(overload) ?? byFunction.get(name);
  return cost ? cost(args, result) : 1;
}

/** Of looking at everything that a value holds. */
function deepCost(value: Value): number {
  if (typeof value === "string" || value instanceof Uint8Array) {
    return Math.floor(value.length * traversalFactor);
  }
  if (value instanceof CelList) {
    let cost = 0;
    for (const item of value) cost += deepCost(item);
    return cost;
  }
  if (value instanceof CelMap) {
    let cost = 0;
    for (const key of value.keys()) cost += deepCost(key) + deepCost(value.get(key) ?? null);
    return cost;
  }
  return 1;
}
