/** Lists with a bound: beyond it their items are not even looked at. */
import { duplicate, tooMany, type FieldError } from "../../errors.ts";

type ItemCheck<T> = (item: T, path: string) => FieldError[];

/** Errors of the items, or that there are more than `itemsMax`. */
export function validateList<T>(
  items: readonly T[] | null | undefined,
  itemsMax: number,
  path: string,
  check: ItemCheck<T>,
): FieldError[] {
  const given = items ?? [];
  if (given.length > itemsMax) return [tooMany(path, given.length, itemsMax)];
  return given.flatMap((item, index) => check(item, `${path}[${index}]`));
}

/** Like a list, of which no two items have the same key. */
export function validateSet<T>(
  items: readonly T[] | null | undefined,
  itemsMax: number,
  path: string,
  check: ItemCheck<T>,
  keyOf: (item: T) => string,
): FieldError[] {
  const given = items ?? [];
  const errors = validateList(given, itemsMax, path, check);
  if (given.length > itemsMax) return errors;
  const keys = new Set<string>();
  for (const [index, item] of given.entries()) {
    const key = keyOf(item);
    if (keys.has(key)) errors.push(duplicate(`${path}[${index}]`, key));
    keys.add(key);
  }
  return errors;
}

type Entries<T> = Readonly<Record<string, T>>;

/** Errors of keys, at the map itself, and of values, at their keys. */
export function validateMap<T>(
  entries: Entries<T> | undefined,
  { itemsMax, keyMax }: { readonly itemsMax: number; readonly keyMax: number },
  path: string,
  checkKey: (key: string, path: string) => FieldError[],
  check: ItemCheck<T>,
): FieldError[] {
  const given = Object.entries(entries ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  if (given.length > itemsMax) return [tooMany(path, given.length, itemsMax)];
  return given.flatMap(([key, item]) => [
    ...checkKey(key, path),
    ...check(item, `${path}[${shortened(key, keyMax)}]`),
  ]);
}

const shownMin = 16;

/** A key in a path, without its middle when it is too long. */
function shortened(key: string, keyMax: number): string {
  const max = Math.max(keyMax, shownMin);
  if (key.length <= max) return key;
  const left = max - "...".length;
  return `${key.slice(0, Math.ceil(left / 2))}...${key.slice(key.length - Math.floor(left / 2))}`;
}
