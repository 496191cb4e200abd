/** An object without some of its fields. */
import { elementOrNone } from "./elements.ts";
import { below, hasElement, isEmptySet, type FieldSet } from "./fieldset.ts";
import { memberShape, resolve, type ListShape, type MapShape, type Shape } from "./shape.ts";
import { isEmptyMap, listOf, mapOf } from "./values.ts";

/**
 * Drops the paths of the set with everything below them. A list or map that loses its last item
 * becomes null, which decodes as absent. The input is not changed.
 */
export function removeFields(shape: Shape, value: unknown, set: FieldSet): unknown {
  if (isEmptySet(set)) return value;
  const resolved = resolve(shape, value);
  if (resolved.kind === "list") return removeItems(resolved, value, set);
  if (resolved.kind === "map") return removeKeys(resolved, value, set);
  return value;
}

function removeItems(shape: ListShape, value: unknown, set: FieldSet): unknown {
  const list = listOf(value);
  if (list === undefined || list.length === 0 || shape.relation === "atomic") return null;
  const kept: unknown[] = [];
  for (const item of list) {
    const element = elementOrNone(shape, item);
    if (element !== undefined && hasElement(set, element)) continue;
    const inner = element === undefined ? undefined : below(set, element);
    kept.push(inner === undefined ? item : removeFields(shape.items, item, inner));
  }
  return kept.length === 0 ? null : kept;
}

function removeKeys(shape: MapShape, value: unknown, set: FieldSet): unknown {
  const map = mapOf(value);
  if (map === undefined || isEmptyMap(map) || shape.atomic) return null;
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(map)) {
    const element = `f:${key}`;
    if (hasElement(set, element)) continue;
    const inner = below(set, element);
    const type = memberShape(shape, key);
    const whole = inner === undefined || type === undefined;
    kept[key] = whole ? map[key] : removeFields(type, map[key], inner);
  }
  return isEmptyMap(kept) ? null : kept;
}
