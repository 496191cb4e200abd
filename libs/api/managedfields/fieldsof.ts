/** Which fields an object has: what an applier owns. */
import type { MessageSchema } from "#libs/schema/schema.ts";
import { elementOrNone } from "./elements.ts";
import { FieldSetBuilder, type FieldSet } from "./fieldset.ts";
import {
  memberShape,
  resolve,
  shapeOf,
  type ListShape,
  type MapShape,
  type Shape,
} from "./shape.ts";
import { isEmptyMap, listOf, mapOf } from "./values.ts";

/**
 * The paths of an object's leaves: scalars, atomic lists and maps, empty maps, nulls, and every
 * item of a granular list and key of a free map. Parents of leaves are not in the set.
 */
export function fieldSetOf(schema: MessageSchema, object: unknown): FieldSet {
  return fieldSetOfValue(shapeOf(schema), object);
}

/** All fields that a value sets, by the shape of its type. */
export function fieldSetOfValue(shape: Shape, value: unknown): FieldSet {
  const builder = new FieldSetBuilder();
  visit(shape, value, [], builder);
  return builder.set;
}

function visit(shape: Shape, value: unknown, path: string[], builder: FieldSetBuilder): void {
  const resolved = resolve(shape, value);
  if (resolved.kind === "scalar") builder.insert(path);
  else if (resolved.kind === "list") visitList(resolved, value, path, builder);
  else visitMap(resolved, value, path, builder);
}

function visitList(
  shape: ListShape,
  value: unknown,
  path: string[],
  builder: FieldSetBuilder,
): void {
  if (shape.relation === "atomic") {
    builder.insert(path);
    return;
  }
  for (const item of listOf(value) ?? []) {
    const element = elementOrNone(shape, item);
    if (element === undefined) continue;
    path.push(element);
    visit(shape.items, item, path, builder);
    builder.insert(path);
    path.pop();
  }
}

function visitMap(shape: MapShape, value: unknown, path: string[], builder: FieldSetBuilder): void {
  if (shape.atomic) {
    builder.insert(path);
    return;
  }
  const map = mapOf(value);
  if (map === undefined) return;
  for (const key of Object.keys(map)) {
    const item = map[key];
    const inner = memberShape(shape, key);
    if (item === undefined || inner === undefined) continue;
    path.push(`f:${key}`);
    visit(inner, item, path, builder);
    const free = shape.fields === undefined;
    if (free || item === null || isEmptyMapValue(item)) builder.insert(path);
    path.pop();
  }
}

const isEmptyMapValue = (value: unknown): boolean => {
  const map = mapOf(value);
  return map !== undefined && isEmptyMap(map);
};

/**
 * The set with every named field above one of its paths added: a struct's field, unlike an item
 * or a key of a free map, goes when all that was below it goes.
 */
export function withNamedFields(set: FieldSet, shape: Shape): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    if (element === ".") {
      result[element] = {};
      continue;
    }
    const node = set[element] as FieldSet;
    const inner = withNamedFields(node, shapeBelow(shape, element));
    const named = isNamedField(shape, element);
    const hasChildren = Object.keys(node).some((child) => child !== ".");
    result[element] = named && hasChildren ? { ".": {}, ...inner } : inner;
  }
  return result;
}

function isNamedField(shape: Shape, element: string): boolean {
  if (shape.kind !== "map" || !element.startsWith("f:")) return false;
  return shape.fields?.has(element.slice(2)) ?? false;
}

const unknownShape: Shape = { kind: "scalar", type: "untyped" };

function shapeBelow(shape: Shape, element: string): Shape {
  if (element.startsWith("f:")) {
    if (shape.kind === "deduced") return shape;
    if (shape.kind === "map") return memberShape(shape, element.slice(2)) ?? unknownShape;
  }
  if (element.startsWith("k:") && shape.kind === "list") return shape.items;
  return unknownShape;
}
