/** Elements of lists that merge: of one type, told apart by their merge key. */
import { goValue } from "../../gotext.ts";
import { goJsonType, isObject, plainError, type JsonList, type JsonObject } from "../json-value.ts";
import { StatusError } from "../../errors.ts";

/** The JSON type that all elements of the lists share. Throws when they do not, or have none. */
export function elementType(...lists: readonly JsonList[]): string {
  const [first, ...others] = lists.flat().map(goJsonType);
  if (first === undefined) throw plainError("no elements in any of the given slices");
  if (first === "array") {
    throw new StatusError(422, "Invalid", "lists of lists are not supported", {});
  }
  if (others.every((type) => type === first)) return first;
  throw plainError(`list element types are not identical: ${goValue(lists)}`);
}

/** The value of an element's merge key. */
export function keyOf(element: unknown, key: string): unknown {
  if (isObject(element) && Object.hasOwn(element, key)) return element[key];
  throw plainError(`map: ${goValue(element)} does not contain declared merge key: ${key}`);
}

/** The list without the maps that have this value under that key. */
export const withoutEntries = (
  list: readonly JsonObject[],
  key: string,
  value: unknown,
): readonly JsonObject[] => list.filter((item) => item[key] !== value);
