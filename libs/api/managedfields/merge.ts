/** The live object with an applied configuration merged in. */
import { elementOrNone } from "./elements.ts";
import { memberShape, resolve, type ListShape, type MapShape, type Shape } from "./shape.ts";
import { isEmptyMap, listOf, mapOf } from "./values.ts";

/**
 * Merges by shape: scalars and atomic parts are taken from `applied` where it has them. Items of
 * granular lists stand in the applier's order, those that only the live list has keep their place
 * before the shared item that followed them. Neither input is changed; unchanged parts are shared.
 */
export function mergeObjects(shape: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const resolved = resolve(shape, applied);
  if (resolved.kind === "list") return mergeLists(resolved, live, applied);
  if (resolved.kind === "map") return mergeMaps(resolved, live, applied);
  return applied;
}

function mergeMaps(shape: MapShape, live: unknown, applied: unknown): unknown {
  const left = mapOf(live);
  const right = mapOf(applied);
  if (shape.atomic || (isEmptyMap(left) && isEmptyMap(right))) return applied;
  const merged: Record<string, unknown> = { ...left };
  for (const key in right) {
    const inner = memberShape(shape, key);
    if (inner !== undefined) merged[key] = mergeObjects(inner, left?.[key], right[key]);
  }
  return merged;
}

interface Entry {
  /** Undefined for a live item without a path element: it is kept as it is. */
  readonly element: string | undefined;
  readonly item: unknown;
}

function mergeLists(shape: ListShape, live: unknown, applied: unknown): unknown {
  const left = listOf(live) ?? [];
  const right = listOf(applied) ?? [];
  if (shape.relation === "atomic" || (left.length === 0 && right.length === 0)) return applied;
  const entryOf = (item: unknown): Entry => ({ element: elementOrNone(shape, item), item });
  return weave(shape, left.map(entryOf), right.map(entryOf));
}

/**
 * Walks both lists at once. A live item that the applier has too waits for its turn in the
 * applier's order; the rest is taken as it comes.
 */
function weave(shape: ListShape, live: readonly Entry[], applied: readonly Entry[]): unknown[] {
  const liveItems = new Map(live.map(({ element, item }) => [element, item]));
  const inApplied = new Set(applied.map(({ element }) => element));
  const shared = applied.flatMap(({ element }) => (liveItems.has(element) ? [element] : []));
  const merged = new Set<string | undefined>();
  const result: unknown[] = [];
  let next = 0;
  const take = ({ element, item }: Entry) => {
    merged.add(element);
    result.push(mergeObjects(shape.items, liveItems.get(element), item));
    if (shared[next] === element) next++;
  };
  let left = 0;
  let right = 0;
  while (left < live.length || right < applied.length) {
    const mine = live[left];
    const theirs = applied[right];
    if (mine !== undefined && theirs !== undefined) {
      if (mine.element === theirs.element) {
        take(theirs);
        left++;
        right++;
        continue;
      }
      const waits = inApplied.has(mine.element) && next < shared.length;
      if (waits && shared[next] !== mine.element) {
        left++;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!inApplied.has(mine.element)) {
        result.push(mine.item);
        left++;
        continue;
      }
      if (merged.has(mine.element)) left++;
    }
    if (theirs !== undefined) {
      take(theirs);
      right++;
    }
  }
  return result;
}
