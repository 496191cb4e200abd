/**
 * Sets a key of a map that clients fill. `__proto__` is a key like any other there, although
 * assigning to it would change the prototype.
 */
export function setKey(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") map[key] = value;
  else Object.defineProperty(map, key, { value, ...plain });
}

const plain = { enumerable: true, writable: true, configurable: true } as const;
