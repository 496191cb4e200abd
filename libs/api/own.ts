/** Maps whose keys users choose: `constructor` and `__proto__` are keys like any other. */

/** The value of a key that the map has itself, and not by being an object. */
export const ownValue = <Value>(
  map: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined => (Object.hasOwn(map, key) ? map[key] : undefined);
