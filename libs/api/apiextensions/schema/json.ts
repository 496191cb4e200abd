/** JSON values compared as they are: an empty object is something else than none. */

/** The same text for values that are alike, whatever the order of their fields. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_key, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1)))
      : item,
  );

export const sameJson = (one: unknown, other: unknown): boolean =>
  canonicalJson(one) === canonicalJson(other);
