/**
 * Whether two JSON values are stored alike: an absent list equals an empty one. Stricter than
 * `semanticEqual`: an empty object (`emptyDir: {}`) is something else than none.
 */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (b === undefined || b === null) return a.length === 0;
    if (!Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => equalValues(item, b[index]));
  }
  if (Array.isArray(b)) return (a === undefined || a === null) && b.length === 0;
  if (!isObject(a) || !isObject(b)) return (a ?? undefined) === (b ?? undefined);
  if (a instanceof Uint8Array || b instanceof Uint8Array) return equalBytes(a, b);
  for (const key in a) if (!equalValues(a[key], b[key])) return false;
  for (const key in b) if (!(key in a) && !equalValues(undefined, b[key])) return false;
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const equalBytes = (a: unknown, b: unknown): boolean =>
  a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
