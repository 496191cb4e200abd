/**
 * The part of the Reflect metadata proposal that @peculiar/x509 asks for before it loads: values
 * attached to classes under a key, looked up along the prototype chain. Import it first.
 */
const attached = new WeakMap<object, Map<unknown, unknown>>();

const own = (key: unknown, target: object) => attached.get(target)?.get(key);

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at; at = Object.getPrototypeOf(at) as object | null) {
    const value = own(key, at);
    if (value !== undefined) return value;
  }
  return undefined;
}

function define(key: unknown, value: unknown, target: object): void {
  const values = attached.get(target) ?? new Map<unknown, unknown>();
  attached.set(target, values.set(key, value));
}

// A real polyfill that came earlier stays.
if (!("getMetadata" in Reflect)) {
  Object.assign(Reflect, {
    getMetadata: inherited,
    getOwnMetadata: own,
    defineMetadata: define,
  });
}
