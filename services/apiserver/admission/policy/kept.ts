/** What is made of an object, kept for as long as the object stays as it is. */
import type { KubeObject } from "#libs/api/resource.ts";

/** Objects that something is kept of; more are made anew. */
const keptMax = 1_000;

/** Makes something of each version of an object once. */
export function keptVersions<T extends KubeObject, Made>(make: (object: T) => Made) {
  const kept = new Map<string, { readonly version: string; readonly made: Made }>();
  return (object: T): Made => {
    const { uid = "", resourceVersion = "" } = object.metadata ?? {};
    const known = kept.get(uid);
    if (known?.version === resourceVersion) return known.made;
    const made = make(object);
    if (kept.size >= keptMax) kept.clear();
    kept.set(uid, { version: resourceVersion, made });
    return made;
  };
}
