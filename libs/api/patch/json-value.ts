/** JSON values as patches see them. */
import { StatusError } from "../errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;
export type MutableJsonObject = Record<string, unknown>;
export type JsonList = readonly unknown[];

/** Deeper JSON is refused, as Go does at some depth: here the stack would end. */
export const depthMax = 1_000;

/** Whether objects and lists are nested more than so many levels. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const key in value) {
    if (isDeeper((value as JsonObject)[key], levels - 1)) return true;
  }
  return false;
}

/** A JSON object: no list and not null. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON list. */
export const isList = (value: unknown): value is JsonList => Array.isArray(value);

/** Sets a key whatever it is called: `__proto__` becomes a key like any other. */
export function setKey(object: MutableJsonObject, key: string, value: unknown): void {
  if (key !== "__proto__") object[key] = value;
  else {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** What Go's decoder calls the JSON type of a value. */
export function goJsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  if (typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** Whether two JSON values are equal, whatever the order of their keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (isList(left)) {
    if (!isList(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameJson(item, right[index]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]));
}

/** 422 without a word on the cause: what Kubernetes answers when a patch cannot be applied. */
export function unprocessable(): StatusError {
  const message = "the server rejected our request due to an error in our request";
  return new StatusError(422, "Invalid", message, {});
}

/** An error that Kubernetes hands through as it is: 500 without a reason. */
export const plainError = (message: string): StatusError => new StatusError(500, "", message);
