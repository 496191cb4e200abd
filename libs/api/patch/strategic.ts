/**
 * Strategic merge patch: a merge patch that knows the type, so that lists merge by key. Follows
 * k8s.io/apimachinery pkg/util/strategicpatch, its directives and error texts included.
 */
import type { MessageSchema } from "#libs/schema/schema.ts";
import { badRequest } from "../errors.ts";
import {
  depthMax,
  goJsonType,
  isDeeper,
  isList,
  isObject,
  plainError,
  setKey,
  type JsonList,
  type JsonObject,
  type MutableJsonObject,
} from "./json-value.ts";
import {
  badFormat,
  badPatchType,
  deleteListPrefix,
  directiveMarker,
  listKeyOf,
  orderPrefix,
  retainKeysMarker,
  withoutDirectives,
  withoutNulls,
} from "./strategic/directives.ts";
import { checkOrder, orderedBy } from "./strategic/order.ts";
import { elementType, keyOf, withoutEntries } from "./strategic/elements.ts";
import { lookup, structShape, type FieldShape, type Shape } from "./strategic/shape.ts";

/**
 * The object with the patch merged in; neither is changed. Throws BadRequest when the patch is not
 * an object or a directive is malformed, and a plain 500, as Kubernetes does, when the patch does
 * not fit the type (no merge key, unknown `$patch`, order lists that contradict).
 */
export function applyStrategicMergePatch(
  schema: MessageSchema,
  object: JsonObject,
  patch: unknown,
): JsonObject {
  if (patch === null) return object;
  if (!isObject(patch)) {
    const type = goJsonType(patch);
    throw badRequest(
      `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  }
  if (isDeeper(patch, depthMax)) throw badRequest("exceeded max depth");
  return mergeObject(object, patch, structShape(schema));
}

function mergeObject(object: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  if (Object.hasOwn(patch, directiveMarker)) return replacement(patch);
  const rest: MutableJsonObject = { ...patch };
  const merged = { ...retainKeys(object, rest) };
  mergeOrdered(merged, rest, shape);
  for (const key of Object.keys(rest)) mergeKey(merged, key, rest[key], shape);
  return merged;
}

/** `$patch: replace` puts the patch in the object's place, `$patch: delete` nothing. */
function replacement(patch: JsonObject): JsonObject {
  const { [directiveMarker]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw badPatchType(directive, patch);
}

/** Drops keys of the object that `$retainKeys` does not name, and the directive. */
function retainKeys(object: JsonObject, patch: MutableJsonObject): JsonObject {
  if (!Object.hasOwn(patch, retainKeysMarker)) return object;
  const retained = patch[retainKeysMarker];
  delete patch[retainKeysMarker];
  if (!isList(retained)) throw badFormat("retainKeys");
  for (const [key, value] of Object.entries(patch)) {
    const directive = key.startsWith(deleteListPrefix) || key.startsWith(orderPrefix);
    if (value !== null && !directive && !retained.includes(key)) throw badFormat("retainKeys");
  }
  return Object.fromEntries(Object.entries(object).filter(([key]) => retained.includes(key)));
}

/** Merges the lists that come with a `$setElementOrder`, and takes both out of the patch. */
function mergeOrdered(merged: MutableJsonObject, patch: MutableJsonObject, shape: Shape): void {
  for (const directive of Object.keys(patch)) {
    if (!directive.startsWith(orderPrefix)) continue;
    const order = patch[directive];
    delete patch[directive];
    if (!isList(order)) throw badArgument("[]interface {}", order);
    const key = listKeyOf(directive, orderPrefix);
    const live = listIn(merged, key);
    const given = listIn(patch, key);
    const field = lookup(shape, key);
    checkOrder(given ?? [], order, field.mergeKey);
    if (live === undefined && given === undefined) continue;
    const items = mergedItems(live, given, field);
    elementType(live ?? [], given ?? []);
    setKey(merged, key, orderedBy(items, order, live ?? [], field.mergeKey));
    delete patch[key];
  }
}

function mergedItems(
  live: JsonList | undefined,
  given: JsonList | undefined,
  field: FieldShape,
): JsonList {
  if (given === undefined) return live ?? [];
  if (live === undefined) return withoutDirectives(given) as JsonList;
  return mergeLists(live, given, field);
}

function listIn(object: JsonObject, key: string): JsonList | undefined {
  if (!Object.hasOwn(object, key)) return undefined;
  const value = object[key];
  if (isList(value)) return value;
  throw badArgument("[]interface {}", value);
}

function badArgument(expected: string, value: unknown) {
  const words: Readonly<Record<string, string>> = {
    array: "[]interface {}",
    object: "map[string]interface {}",
    null: "%!s(<nil>)",
    number: "int64",
  };
  const type = goJsonType(value);
  return plainError(`expected a ${expected}, but received a ${words[type] ?? type}`);
}

function mergeKey(merged: MutableJsonObject, patchKey: string, given: unknown, shape: Shape): void {
  const deletes = patchKey.startsWith(deleteListPrefix);
  const key = deletes ? listKeyOf(patchKey, deleteListPrefix) : patchKey;
  if (given === null) {
    delete merged[key];
    return;
  }
  const present = Object.hasOwn(merged, key);
  const value = merged[key];
  if (present && isObject(value) && isObject(given)) {
    const field = lookup(shape, key);
    const replaces = field.strategy === "replace";
    setKey(merged, key, replaces ? given : mergeObject(value, given, field.shape));
  } else if (present && isList(value) && isList(given)) {
    const field = lookup(shape, key);
    const removes = deletes && field.strategy === "merge";
    setKey(merged, key, removes ? without(value, given) : mergeLists(value, given, field));
  } else if (!deletes) {
    // Nothing to merge with: the patch's value as it is, less what only means something to a merge.
    const taken = withoutDirectives(withoutNulls(given));
    if (taken === undefined) delete merged[key];
    else setKey(merged, key, taken);
  }
}

const without = (list: JsonList, gone: JsonList) => list.filter((item) => !gone.includes(item));

function mergeLists(live: JsonList, given: JsonList, field: FieldShape): JsonList {
  if (field.strategy !== "merge") return given;
  if (live.length === 0 && given.length === 0) return live;
  if (elementType(live, given) !== "object") {
    const items = [...new Set([...live, ...given])];
    return orderedBy(items, given, live, "");
  }
  if (field.mergeKey === "") {
    throw plainError(`cannot merge lists without merge key for type ${field.shape.kind}`);
  }
  return mergeKeyed(live as readonly JsonObject[], given as readonly JsonObject[], field);
}

function mergeKeyed(
  live: readonly JsonObject[],
  given: readonly JsonObject[],
  { mergeKey: key, shape }: FieldShape,
): JsonList {
  const { kept, patches } = directElements(live, given, key);
  const items: JsonObject[] = [...kept];
  for (const patch of patches) {
    const wanted = keyOf(patch, key);
    const at = items.findIndex((item) => item[key] === wanted);
    const found = items[at];
    if (found !== undefined) items[at] = mergeObject(found, patch, shape);
    else {
      const taken = withoutDirectives(patch);
      if (isObject(taken)) items.push(taken);
    }
  }
  return orderedBy(items, patches, kept, key);
}

/** Obeys the elements that carry `$patch`: what stays of the live list, and what is to merge. */
function directElements(
  live: readonly JsonObject[],
  given: readonly JsonObject[],
  key: string,
): { kept: readonly JsonObject[]; patches: readonly JsonObject[] } {
  const patches: JsonObject[] = [];
  let kept = live;
  let replaces = false;
  for (const element of given) {
    if (!Object.hasOwn(element, directiveMarker)) {
      patches.push(element);
      continue;
    }
    const directive = element[directiveMarker];
    if (directive === "delete") kept = withoutEntries(kept, key, keyOf(element, key));
    else if (directive === "replace") replaces = true;
    else if (directive === "merge") {
      throw plainError("merging lists cannot yet be specified in the patch");
    } else throw badPatchType(directive, element);
  }
  return replaces ? { kept: patches, patches: [] } : { kept, patches };
}
