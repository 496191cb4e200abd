/** Writes the objects that the API server keeps itself: without admission and validation. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { BootstrapObject } from "../decide.ts";
import type { RegistryContext } from "./context.ts";
import { metadataOf, stampCreation } from "./decide/system.ts";
import { equalValues } from "./equal.ts";
import type { Caller, Version } from "./request.ts";
import { transact, type Outcome } from "./transact.ts";

const self: Caller = { user: "system:apiserver", groups: ["system:masters"], manager: "apiserver" };

/** Creates the object, or puts it right when it has to be as given. Does nothing when it is. */
export async function ensureObject(
  context: RegistryContext,
  bootstrap: BootstrapObject,
): Promise<void> {
  const { resource, namespace, object } = bootstrap;
  const { definition } = context.caches.named(resource);
  const { world } = context;
  const facts = {
    now: world.now(),
    verb: "create" as const,
    subresource: "",
    user: self.user,
    uuid: () => world.uuid(),
  };
  const decide = (current: Version | undefined): Outcome => {
    if (current === undefined) {
      const draft = structuredClone(object);
      definition.defaults?.(draft);
      stampCreation(definition, draft, {
        now: facts.now,
        uid: world.uuid(),
        random: () => world.random(),
      });
      definition.prepareForCreate?.(draft, facts);
      return { type: "put", draft };
    }
    const draft = revised(current.object, bootstrap);
    return draft === undefined ? { type: "keep" } : { type: "put", draft };
  };
  const key = { namespace, name: metadataOf(object).name ?? "" };
  await transact(context, { definition, key, dryRun: false, decide });
}

/** What takes the place of an object that is there; undefined when it may stay. */
function revised(current: KubeObject, bootstrap: BootstrapObject): KubeObject | undefined {
  const { object, enforced } = bootstrap;
  if (bootstrap.revise !== undefined) return bootstrap.revise(current);
  return !enforced || holds(current, object) ? undefined : corrected(current, object);
}

/** Removes the objects of a resource that are no longer wanted. */
export async function removeObjects(
  context: RegistryContext,
  resource: string,
  isUnwanted: (object: KubeObject) => boolean,
): Promise<void> {
  const cache = context.caches.named(resource);
  const { definition } = cache;
  const unwanted = [...cache.values()].filter(({ object }) => isUnwanted(object));
  for (const { name } of unwanted) {
    const decide = (current: Version | undefined): Outcome =>
      current === undefined || !isUnwanted(current.object)
        ? { type: "keep" }
        : { type: "remove", last: current.object, isMarked: false };
    await transact(context, { definition, key: { namespace: "", name }, dryRun: false, decide });
  }
}

/** True when everything that is wanted stands in the object; it may have more. */
export function holds(object: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted) || typeof wanted !== "object" || wanted === null) {
    if (!Array.isArray(wanted) || !Array.isArray(object)) return equalValues(object, wanted);
    return (
      object.length === wanted.length && wanted.every((item, index) => holds(object[index], item))
    );
  }
  if (typeof object !== "object" || object === null) return false;
  const fields = object as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) => holds(fields[key], value));
}

function corrected(current: KubeObject, wanted: KubeObject): KubeObject {
  const metadata = {
    ...current.metadata,
    labels: { ...current.metadata?.labels, ...wanted.metadata?.labels },
  };
  return { ...current, ...wanted, metadata };
}
