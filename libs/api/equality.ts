/** Whether two JSON values mean the same, as apimachinery's Semantic.DeepEqual sees it. */
import { invalid, type FieldError } from "./errors.ts";

/** Absent, null, empty lists and empty maps are one; everything else is compared by value. */
export function semanticEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (isEmpty(left) || isEmpty(right)) return isEmpty(left) && isEmpty(right);
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  if (Array.isArray(left) && left.length !== (right as unknown[]).length) return false;
  return sameEntries(left as Fields, right as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function sameEntries(left: Fields, right: Fields): boolean {
  for (const key in left) {
    if (!semanticEqual(left[key], right[key])) return false;
  }
  for (const key in right) {
    if (!(key in left) && !isEmpty(right[key])) return false;
  }
  return true;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== "object") return false;
  for (const key in value) {
    if (!isEmpty((value as Fields)[key])) return false;
  }
  return true;
}

/** An error when a field that may not change did. */
export function validateImmutable(path: string, value: unknown, old: unknown): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalid(path, value, "field is immutable")];
}
