/** What differs between two objects, as sets of field paths. */
import { itemsByElement } from "./elements.ts";
import {
  FieldSetBuilder,
  isEmptySet,
  recursiveDifference,
  union,
  type FieldSet,
} from "./fieldset.ts";
import { memberShape, resolve, type ListShape, type MapShape, type Shape } from "./shape.ts";
import { isEmptyMap, listOf, mapOf, sameValue, type MapValue } from "./values.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/**
 * Compares leaf by leaf. Unlike in `fieldSetOf`, a part that is new or gone as a whole is named
 * itself besides its leaves. The same reference on both sides is skipped without a look.
 */
export function compareObjects(shape: Shape, old: unknown, now: unknown): Comparison {
  const walk: Walk = {
    path: [],
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
  };
  compare(walk, shape, old, now);
  return { added: walk.added.set, modified: walk.modified.set, removed: walk.removed.set };
}

/** True for two states that are alike. */
export const changesNothing = ({ added, modified, removed }: Comparison): boolean =>
  isEmptySet(added) && isEmptySet(modified) && isEmptySet(removed);

/** What was written: added or modified. */
export const touched = ({ added, modified }: Comparison): FieldSet => union(added, modified);

/** The comparison without the fields that the writer cannot own. */
export function exclude(comparison: Comparison, reset: FieldSet): Comparison {
  if (isEmptySet(reset)) return comparison;
  return {
    added: recursiveDifference(comparison.added, reset),
    modified: recursiveDifference(comparison.modified, reset),
    removed: recursiveDifference(comparison.removed, reset),
  };
}

interface Walk {
  readonly path: string[];
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
}

function compare(walk: Walk, shape: Shape, old: unknown, now: unknown): void {
  if (old === now) return;
  const before = resolve(shape, old);
  const after = resolve(shape, now);
  if (now === undefined) compareAs(walk, before, old, now);
  else if (old === undefined || before === after) compareAs(walk, after, old, now);
  else {
    compareAs(walk, before, old, now);
    compareAs(walk, after, old, now);
  }
}

function compareAs(
  walk: Walk,
  shape: ReturnType<typeof resolve>,
  old: unknown,
  now: unknown,
): void {
  if (shape.kind === "scalar") return compareLeaf(walk, old, now);
  if (shape.kind === "list") compareLists(walk, shape, old, now);
  else compareMaps(walk, shape, old, now);
  if (old === undefined) insert(walk, walk.added);
  else if (now === undefined) insert(walk, walk.removed);
}

function compareLeaf(walk: Walk, old: unknown, now: unknown): void {
  if (old === undefined) insert(walk, walk.added);
  else if (now === undefined) insert(walk, walk.removed);
  else if (!sameValue(old, now)) insert(walk, walk.modified);
}

function insert({ path }: Walk, builder: FieldSetBuilder): void {
  if (path.length > 0) builder.insert(path);
}

function compareLists(walk: Walk, shape: ListShape, old: unknown, now: unknown): void {
  const before = listOf(old) ?? [];
  const after = listOf(now) ?? [];
  const empty = before.length === 0 && after.length === 0;
  if (shape.relation === "atomic" || empty) return compareLeaf(walk, old, now);
  // Most lists stay as they are, and finding that out costs less than naming their items.
  if (sameValue(before, after)) return;
  const left = itemsByElement(shape, before);
  const right = itemsByElement(shape, after);
  for (const [element, item] of left.items) {
    walk.path.push(element);
    if (left.repeated.has(element) || right.repeated.has(element)) {
      compareRepeated(walk, shape, before, after, element);
    } else compare(walk, shape.items, item, right.items.get(element));
    walk.path.pop();
  }
  for (const [element, item] of right.items) {
    if (left.items.has(element)) continue;
    walk.path.push(element);
    if (right.repeated.has(element)) insert(walk, walk.added);
    else compare(walk, shape.items, undefined, item);
    walk.path.pop();
  }
}

/** Items that stand twice are owned whole: they changed when any of them did. */
function compareRepeated(
  walk: Walk,
  shape: ListShape,
  before: readonly unknown[],
  after: readonly unknown[],
  element: string,
): void {
  const those = (list: readonly unknown[]) =>
    list.filter((item) => itemsByElement(shape, [item]).items.has(element));
  const now = those(after);
  if (now.length === 0) insert(walk, walk.removed);
  else if (!sameValue(those(before), now)) insert(walk, walk.modified);
}

function compareMaps(walk: Walk, shape: MapShape, old: unknown, now: unknown): void {
  const before = mapOf(old);
  const after = mapOf(now);
  const empty = isEmptyMap(before) && isEmptyMap(after);
  if (shape.atomic || empty) return compareLeaf(walk, old, now);
  for (const key in before) compareKey(walk, shape, key, before[key], after?.[key]);
  for (const key in after) {
    if (before?.[key] === undefined) compareKey(walk, shape, key, undefined, after[key]);
  }
}

function compareKey(
  walk: Walk,
  shape: MapShape,
  key: string,
  old: MapValue[string],
  now: MapValue[string],
): void {
  const inner = memberShape(shape, key);
  if (inner === undefined || old === now) return;
  walk.path.push(`f:${key}`);
  compare(walk, inner, old, now);
  walk.path.pop();
}
