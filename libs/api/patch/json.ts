/**
 * JSON patch: RFC 6902, with the liberties that Kubernetes' implementation takes (negative list
 * indexes, replacing a key that is absent, testing an absent key against null).
 */
import { exactText } from "#libs/schema/exactjson.ts";
import { badRequest, requestEntityTooLarge } from "../errors.ts";
import {
  depthMax,
  goJsonType,
  isDeeper,
  isList,
  isObject,
  sameJson,
  setKey,
  unprocessable,
  type JsonObject,
  type MutableJsonObject,
} from "./json-value.ts";

const operationsMax = 10_000;
/** What `copy` may add to a document in all, in bytes of JSON. */
const copyBytesMax = 3 * 1024 * 1024;

const operationFields = ["op", "path", "from", "value"];

/**
 * The document after all operations; `object` itself is not changed. Throws BadRequest when the
 * patch is no list of operations, RequestEntityTooLarge for more than 10,000 of them and Invalid
 * (422) when one cannot be applied or a test fails.
 */
export function applyJsonPatch(object: JsonObject, patch: unknown): unknown {
  const operations = readOperations(patch);
  const state: State = { root: structuredClone(object), copiedBytes: 0 };
  for (const operation of operations) applyOperation(state, operation);
  return state.root;
}

/** What strict decoding says about odd fields of the operations: `unknown field "[0].extra"`. */
export function jsonPatchOddities(patch: unknown): string[] {
  if (!isList(patch)) return [];
  return patch.flatMap((operation, index) => {
    const fields = isObject(operation) ? Object.keys(operation) : [];
    const unknown = fields.filter((field) => !operationFields.includes(field));
    return unknown.map((field) => `json patch unknown field "[${index}].${field}"`);
  });
}

interface State {
  root: unknown;
  copiedBytes: number;
}

interface Operation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

function readOperations(patch: unknown): readonly Operation[] {
  if (patch === null) return [];
  if (!isList(patch)) {
    const type = goJsonType(patch);
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type ` +
        "[]handlers.jsonPatchOp",
    );
  }
  if (patch.length > operationsMax) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`,
    );
  }
  return patch.map(readOperation);
}

function readOperation(value: unknown): Operation {
  if (value === null) return {};
  if (!isObject(value)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goJsonType(value)} into Go value of type ` +
        "handlers.jsonPatchOp",
    );
  }
  for (const field of ["op", "from", "path"]) {
    const given = value[field] ?? "";
    if (typeof given === "string") continue;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goJsonType(given)} into Go struct field ` +
        `jsonPatchOp.${field} of type string`,
    );
  }
  const { op, path, from } = value as Partial<Record<"op" | "path" | "from", string | null>>;
  // What is null is as good as absent; a value may be null.
  return {
    ...(op === null || op === undefined ? {} : { op }),
    ...(path === null || path === undefined ? {} : { path }),
    ...(from === null || from === undefined ? {} : { from }),
    ...(Object.hasOwn(value, "value") ? { value: value["value"] } : {}),
  };
}

function applyOperation(state: State, { op, path, from, value = null }: Operation): void {
  if (path === undefined) throw unprocessable();
  switch (op) {
    case "add":
      refuseDepth(path, value);
      return add(placeOf(state.root, path), structuredClone(value));
    case "remove":
      return remove(placeOf(state.root, path));
    case "replace":
      refuseDepth(path, value);
      return replace(state, path, structuredClone(value));
    case "move": {
      const source = placeOf(state.root, from);
      const moved = read(source);
      refuseDepth(path, moved);
      remove(source);
      return add(placeOf(state.root, path), moved);
    }
    case "copy": {
      const found = read(placeOf(state.root, from)) ?? null;
      refuseDepth(path, found);
      const copied = structuredClone(found);
      state.copiedBytes += exactText(copied).length;
      if (state.copiedBytes > copyBytesMax) throw unprocessable();
      return add(placeOf(state.root, path), copied);
    }
    case "test": {
      const tested = path === "" ? state.root : read(placeOf(state.root, path));
      if (!sameJson(tested ?? null, value)) throw unprocessable();
      return;
    }
    default:
      throw unprocessable();
  }
}

/** Copies of an object into itself double its depth. */
function refuseDepth(path: string, value: unknown): void {
  const levels = depthMax - path.split("/").length;
  if (levels <= 0 || isDeeper(value, levels)) throw unprocessable();
}

/** A key or index in an object or list of the document. */
type Place =
  | { readonly list: undefined; readonly object: MutableJsonObject; readonly key: string }
  | { readonly list: unknown[]; readonly object: undefined; readonly key: string };

/** What stands before the first slash is not looked at. */
function placeOf(root: unknown, pointer: string | undefined): Place {
  const parts = pointer?.split("/").slice(1).map(unescapePart) ?? [];
  const key = parts.pop();
  if (key === undefined) throw unprocessable();
  let at = root;
  for (const part of parts) at = read(placeIn(at, part));
  return placeIn(at, key);
}

const unescapePart = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

function placeIn(parent: unknown, key: string): Place {
  if (Array.isArray(parent)) return { list: parent, object: undefined, key };
  if (!isObject(parent)) throw unprocessable();
  return { list: undefined, object: parent as MutableJsonObject, key };
}

/** Undefined for a key that is absent; an index must exist. */
function read({ list, object, key }: Place): unknown {
  if (list !== undefined) return list[indexOf(key, list.length)];
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function add({ list, object, key }: Place, value: unknown): void {
  if (list === undefined) setKey(object, key, value);
  else if (key === "-") list.push(value);
  else list.splice(indexOf(key, list.length + 1), 0, value);
}

function remove({ list, object, key }: Place): void {
  if (list !== undefined) list.splice(indexOf(key, list.length), 1);
  else if (!Object.hasOwn(object, key)) throw unprocessable();
  else delete object[key];
}

function replace(state: State, path: string, value: unknown): void {
  if (path === "") {
    if (!isObject(value) && !isList(value)) throw unprocessable();
    state.root = value;
    return;
  }
  const { list, object, key } = placeOf(state.root, path);
  if (list === undefined) setKey(object, key, value);
  else list[indexOf(key, list.length)] = value;
}

/** An index below `count`; a negative one counts from the end. */
function indexOf(key: string, count: number): number {
  if (!/^[+-]?\d+$/.test(key)) throw unprocessable();
  const index = Number(key);
  const fromStart = index < 0 ? index + count : index;
  if (fromStart < 0 || fromStart >= count) throw unprocessable();
  return fromStart;
}
