/**
 * The order of a merged list: what the patch names stands in the patch's order, the rest in the
 * live list's, and the rest is woven in before the first patched element that follows it live.
 */
import { goValue } from "../../gotext.ts";
import { isObject, plainError, type JsonList } from "../json-value.ts";
import { directiveMarker, orderPrefix } from "./directives.ts";
import { keyOf } from "./elements.ts";

/** Without a merge key, elements are their own identity. */
const identity = (item: unknown, mergeKey: string): unknown =>
  mergeKey === "" ? item : keyOf(item, mergeKey);

type Positions = ReadonlyMap<unknown, number>;

function positionsOf(list: JsonList, mergeKey: string): Positions {
  const positions = new Map<unknown, number>();
  for (const [index, item] of list.entries()) {
    const id = identity(item, mergeKey);
    if (!positions.has(id)) positions.set(id, index);
  }
  return positions;
}

/** A merged list in the order of a patch or `$setElementOrder`, then of the live list. */
export function orderedBy(
  items: JsonList,
  order: JsonList,
  live: JsonList,
  mergeKey: string,
): JsonList {
  const wanted = positionsOf(order, mergeKey);
  const before = positionsOf(live, mergeKey);
  const idOf = (item: unknown) => identity(item, mergeKey);
  const patched = sorted(
    items.filter((item) => wanted.has(idOf(item))),
    wanted,
    idOf,
  );
  const others = sorted(
    items.filter((item) => !wanted.has(idOf(item))),
    before,
    idOf,
  );
  const precedes = (other: unknown, item: unknown) => {
    const left = before.get(idOf(other));
    const right = before.get(idOf(item));
    return left !== undefined && right !== undefined && left < right;
  };
  return woven(others, patched, precedes);
}

function sorted(items: unknown[], by: Positions, idOf: (item: unknown) => unknown): unknown[] {
  const position = (item: unknown) => by.get(idOf(item)) ?? by.size;
  return items.sort((a, b) => position(a) - position(b));
}

function woven(
  others: JsonList,
  patched: JsonList,
  precedes: (other: unknown, item: unknown) => boolean,
): unknown[] {
  const result: unknown[] = [];
  let next = 0;
  for (const item of patched) {
    while (next < others.length && precedes(others[next], item)) result.push(others[next++]);
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}

/** Throws when the patched elements do not stand in the order list, in the same order. */
export function checkOrder(patch: JsonList, order: JsonList, mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const named = patch.filter((item) => !isObject(item) || !Object.hasOwn(item, directiveMarker));
  let at = 0;
  for (const item of order) {
    if (at === named.length) return;
    if (identity(named[at], mergeKey) === identity(item, mergeKey)) at++;
  }
  if (at === named.length) return;
  throw plainError(
    `The order in patch list:\n${goValue(patch)}\n doesn't match ${orderPrefix} list:\n` +
      `${goValue(order)}\n`,
  );
}
