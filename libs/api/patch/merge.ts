/** JSON merge patch: RFC 7386. */
import { badRequest } from "../errors.ts";
import {
  depthMax,
  goJsonType,
  isDeeper,
  isList,
  isObject,
  setKey,
  type JsonObject,
  type MutableJsonObject,
} from "./json-value.ts";

/**
 * The object with the patch merged in; neither is changed, unchanged parts are shared. Throws
 * BadRequest when the patch is not an object.
 */
export function applyMergePatch(object: JsonObject, patch: unknown): JsonObject {
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (!isObject(patch)) {
    const type = goJsonType(patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type ` +
        "map[string]interface {}",
    );
  }
  if (isDeeper(patch, depthMax)) throw badRequest("error decoding patch: exceeded max depth");
  return mergeObject(object, patch);
}

function mergeObject(object: JsonObject, patch: JsonObject): JsonObject {
  const merged: MutableJsonObject = {};
  // Go writes what it merged with sorted keys, which shows in the order of warnings.
  for (const key of Object.keys({ ...object, ...patch }).sort()) {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    const given = Object.hasOwn(patch, key) ? patch[key] : undefined;
    if (given === undefined) setKey(merged, key, value);
    else if (isObject(given) && isObject(value)) setKey(merged, key, mergeObject(value, given));
    else if (given !== null) setKey(merged, key, withoutNulls(given));
  }
  return merged;
}

/** A value that meets nothing to merge with: nulls below it have nothing to delete. */
function withoutNulls(value: unknown): unknown {
  if (isList(value)) return value.map(withoutNulls);
  return isObject(value) ? mergeObject({}, value) : value;
}
