/** Takes a controller's own finalizer off an object. */
import { hasReason } from "#libs/api/errors.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Client, ObjectName } from "#libs/client/client.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { type Seen, seenBy } from "./controller.ts";

/**
 * Removes the finalizer from the version in the cache; refused with Conflict when that is stale.
 * An object that is gone already is fine.
 */
export async function dropFinalizer<T extends KubeObject>(
  client: Client,
  resource: ResourceDefinition<T>,
  informer: Informer<T>,
  name: ObjectName,
  finalizer: string,
): Promise<Seen | void> {
  const { namespace = "" } = name;
  const object = informer.get(keyOf({ metadata: { namespace, name: name.name } }));
  if (!object) return undefined;
  const { uid, resourceVersion, finalizers = [] } = object.metadata ?? {};
  const kept = finalizers.filter((present) => present !== finalizer);
  const patch = { metadata: { uid, resourceVersion, finalizers: kept } };
  try {
    return seenBy(informer, (await client.patch(resource, name, mergePatch, patch)).revision);
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
