/** Path elements of list items. */
import { exactText } from "#libs/schema/exactjson.ts";
import type { ListKey, ListShape } from "./shape.ts";

/** Why an item has no path element, as structured-merge-diff words it. */
export class ElementError extends Error {}

/** `k:{"port":80,"protocol":"TCP"}` or `v:"x"`. Throws ElementError for an item without one. */
export function itemElement(shape: ListShape, item: unknown): string {
  return shape.relation === "map" ? keyElement(shape.keys, item) : valueElement(item);
}

function keyElement(keys: readonly ListKey[], item: unknown): string {
  if (item === null) {
    throw new ElementError("associative list with keys may not have a null element");
  }
  if (typeof item !== "object" || Array.isArray(item)) {
    throw new ElementError("associative list with keys may not have non-map elements");
  }
  let element = "";
  for (const { name, default: fallback } of keys) {
    const value = (item as Record<string, unknown>)[name] ?? fallback;
    if (value === undefined) {
      throw new ElementError(
        `associative list with keys has an element that omits key field "${name}" ` +
          "(and doesn't have default value)",
      );
    }
    element += `${element === "" ? "" : ","}"${name}":${exactText(value)}`;
  }
  return `k:{${element}}`;
}

function valueElement(item: unknown): string {
  if (item === null) {
    throw new ElementError("associative list without keys has an element that's an explicit null");
  }
  if (typeof item === "object") {
    const type = Array.isArray(item) ? "list" : "map";
    throw new ElementError(`associative list without keys has an element that's a ${type} type`);
  }
  return `v:${exactText(item)}`;
}

/**
 * Items by element, in the order of the list. An element that stands twice holds its first item
 * and is named in `repeated`. Items without an element are passed over.
 */
export function itemsByElement(
  shape: ListShape,
  list: readonly unknown[],
): { items: ReadonlyMap<string, unknown>; repeated: ReadonlySet<string> } {
  const items = new Map<string, unknown>();
  let repeated: Set<string> | undefined;
  for (const item of list) {
    const element = elementOrNone(shape, item);
    if (element === undefined) continue;
    if (items.has(element)) (repeated ??= new Set()).add(element);
    else items.set(element, item);
  }
  return { items, repeated: repeated ?? none };
}

const none: ReadonlySet<string> = new Set();

/** Undefined for an item that has no element. */
export function elementOrNone(shape: ListShape, item: unknown): string | undefined {
  try {
    return itemElement(shape, item);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}
