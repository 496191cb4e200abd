/** Fields and elements of values. */
import {
  CelError,
  CelList,
  CelMap,
  CelObject,
  isError,
  Optional,
  plainKey,
  typeNameOf,
  type Value,
} from "../values/value.ts";

/** `value.field`; of an optional, an optional. */
export function fieldOf(value: Value, field: string): Value {
  if (isError(value)) return value;
  if (value instanceof Optional) return optionalField(value, field);
  const found = lookup(value, field);
  return found === undefined ? new CelError(`no such key: ${field}`) : found;
}

/** `value.?field`: an optional that is empty when there is no such field. */
export function optionalField(value: Value, field: string): Value {
  if (value instanceof Optional) {
    return value.value === undefined ? value : optionalField(value.value, field);
  }
  const found = lookup(value, field);
  if (found !== undefined && isError(found)) return found;
  return found === undefined ? Optional.none : new Optional(found);
}

/** `has(value.field)`. */
export function hasField(value: Value, field: string): Value {
  if (isError(value)) return value;
  if (value instanceof Optional) {
    return value.value === undefined ? false : hasField(value.value, field);
  }
  if (value instanceof CelObject) return value.has(field);
  const found = lookup(value, field);
  return found !== undefined && isError(found) ? found : found !== undefined;
}

/** Undefined when there is no such field. */
function lookup(value: Value, field: string): Value | undefined {
  if (value instanceof CelMap) return value.get(field);
  if (value instanceof CelObject) return value.get(field);
  return new CelError(`no such overload: ${typeNameOf(value)}.${field}`);
}

/** `value[index]`. */
export function elementOf(value: Value, index: Value): Value {
  const found = element(value, index);
  return found === undefined ? missing(value, index) : found;
}

/** `value[?index]`. */
export function optionalElement(value: Value, index: Value): Value {
  if (value instanceof Optional) {
    return value.value === undefined ? value : optionalElement(value.value, index);
  }
  const found = element(value, index);
  if (found !== undefined && isError(found)) return found;
  return found === undefined ? Optional.none : new Optional(found);
}

function missing(value: Value, index: Value): CelError {
  if (value instanceof CelList) return new CelError(`index out of bounds: ${String(index)}`);
  return new CelError(`no such key: ${String(plainKey(index))}`);
}

function element(value: Value, index: Value): Value | undefined {
  if (value instanceof CelMap) {
    if (plainKey(index) !== undefined) return value.get(index);
    return new CelError(`unsupported key type: ${typeNameOf(index)}`);
  }
  if (!(value instanceof CelList)) return new CelError(`no such overload`);
  const place = plainKey(index);
  if (typeof place !== "bigint") {
    return new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
  }
  return place >= 0n && place < BigInt(value.size) ? value.at(Number(place)) : undefined;
}
