/** Values as ownership sees them: absent (undefined), null, lists, maps and scalars. */

export type MapValue = Readonly<Record<string, unknown>>;

/** The map, or undefined for null and everything else. */
export function mapOf(value: unknown): MapValue | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as MapValue)
    : undefined;
}

/** The value, if it is a list. */
export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

/** Whether the map is absent or has no key. */
export function isEmptyMap(map: MapValue | undefined): boolean {
  for (const _ in map) return false;
  return true;
}

/** Whether two JSON values are equal, whatever the order of their keys. */
export function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  const leftList = listOf(left);
  const rightList = listOf(right);
  if (leftList !== undefined || rightList !== undefined) {
    if (leftList?.length !== rightList?.length) return false;
    return leftList?.every((item, index) => sameValue(item, rightList?.[index])) ?? false;
  }
  const leftMap = mapOf(left);
  const rightMap = mapOf(right);
  if (leftMap === undefined || rightMap === undefined) return false;
  for (const key in leftMap) {
    if (!(key in rightMap) || !sameValue(leftMap[key], rightMap[key])) return false;
  }
  for (const key in rightMap) if (!(key in leftMap)) return false;
  return true;
}
