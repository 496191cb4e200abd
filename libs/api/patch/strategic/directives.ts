/** The keys of a strategic merge patch that are orders to the server, and their errors. */
import { badRequest, type StatusError } from "../../errors.ts";
import { goValue } from "../../gotext.ts";
import { isList, isObject, plainError, setKey, type JsonObject } from "../json-value.ts";

export const directiveMarker = "$patch";
export const retainKeysMarker = "$retainKeys";
export const deleteListPrefix = "$deleteFromPrimitiveList";
export const orderPrefix = "$setElementOrder";

/** 400 for a directive that is not written as it must be. */
export function badFormat(of: "primitive list" | "retainKeys" | "setElementOrder list") {
  return badRequest(`invalid patch format of ${of}`);
}

/** 500 without a reason for a `$patch` that is no directive, as Kubernetes answers it. */
export function badPatchType(directive: unknown, patch: JsonObject): StatusError {
  return plainError(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
}

/** The list that `$setElementOrder/containers` is about. */
export function listKeyOf(directive: string, prefix: string): string {
  if (directive.startsWith(`${prefix}/`)) return directive.slice(prefix.length + 1);
  throw badFormat(prefix === orderPrefix ? "setElementOrder list" : "primitive list");
}

/** Undefined for an object that is itself a directive. */
export function withoutDirectives(value: unknown): unknown {
  if (isList(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directiveMarker)) return undefined;
  return mapped(value, withoutDirectives);
}

/** Without keys that are null, at any depth. */
export function withoutNulls(value: unknown): unknown {
  if (isList(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return mapped(value, (item) => (item === null ? undefined : withoutNulls(item)));
}

function mapped(object: JsonObject, convert: (value: unknown) => unknown): JsonObject {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = convert(object[key]);
    if (value !== undefined) setKey(result, key, value);
  }
  return result;
}
