/** Equality and order. Numbers of different types compare by their value. */
import {
  CelList,
  CelMap,
  CelObject,
  Duration,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./value.ts";

/** Never an error: values of different types are not equal. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  const numbers = compareNumbers(a, b);
  if (numbers !== undefined) return numbers === 0;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof CelList && b instanceof CelList) return equalLists(a, b);
  if (a instanceof CelMap && b instanceof CelMap) return equalMaps(a, b);
  if (a instanceof CelObject && b instanceof CelObject) return equalObjects(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (a instanceof Duration && b instanceof Duration) return a.nanos === b.nanos;
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos === b.nanos;
  if (a instanceof TypeValue && b instanceof TypeValue) return a.name === b.name;
  if (a instanceof Optional && b instanceof Optional) return equalOptionals(a, b);
  if (a instanceof Opaque && b instanceof Opaque) {
    return a.typeName === b.typeName && a.key === b.key;
  }
  return false;
}

function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false;
  for (let index = 0; index < a.size; index += 1) {
    if (!equal(a.at(index), b.at(index))) return false;
  }
  return true;
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const [one, other] = [a.get(key), b.get(key)];
    if (one === undefined || other === undefined || !equal(one, other)) return false;
  }
  return true;
}

function equalObjects(a: CelObject, b: CelObject): boolean {
  if (a.typeName !== b.typeName) return false;
  const fields = new Set([...a.fields(), ...b.fields()]);
  for (const field of fields) {
    if (a.has(field) !== b.has(field)) return false;
    if (a.has(field) && !equal(a.get(field) ?? null, b.get(field) ?? null)) return false;
  }
  return true;
}

function equalOptionals(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value);
}

/** Below 0, 0 or above 0; NaN is not equal to anything. Undefined when one is no number. */
function compareNumbers(a: Value, b: Value): number | undefined {
  const [one, other] = [numberOf(a), numberOf(b)];
  if (one === undefined || other === undefined) return undefined;
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.NaN;
  return one < other ? -1 : one > other ? 1 : 0;
}

function numberOf(value: Value): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof Uint ? value.value : undefined;
}

/** Below 0, 0, above 0 or NaN; undefined when the two have no order. */
export function compare(a: Value, b: Value): number | undefined {
  const numbers = compareNumbers(a, b);
  if (numbers !== undefined) return numbers;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  const isTime =
    (a instanceof Duration && b instanceof Duration) ||
    (a instanceof Timestamp && b instanceof Timestamp);
  return isTime ? compareBig(a.nanos, b.nanos) : undefined;
}

const compareBig = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

/** By bytes of UTF-8, as Go does. */
function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
