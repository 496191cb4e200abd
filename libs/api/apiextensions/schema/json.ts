/** JSON values compared as they are: an empty object is something else than none. */
import { rawInteger } from "#libs/schema/exactjson.ts";

/** The same text for values that are alike, whatever the order of their fields. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, item: unknown) => canonical(item));

function canonical(item: unknown): unknown {
  if (typeof item === "bigint") return rawInteger(item);
  if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
  const entries = Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries);
}

export const sameJson = (one: unknown, other: unknown): boolean =>
  canonicalJson(one) === canonicalJson(other);
