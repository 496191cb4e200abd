/** Caches and writes of the namespace controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { namespaces } from "#libs/api/core/v1/namespaces.ts";
import { hasReason } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Namespace } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Leftover, type Observed, reconcile, type Remaining } from "./decide.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly cache: Informer<Namespace>;
  readonly contents: ReadonlyMap<string, ResourceDefinition>;
}

/** Resources whose objects live in namespaces and can be deleted, by Kubernetes' short form. */
function namespacedContents(): ReadonlyMap<string, ResourceDefinition> {
  const contents = new Map<string, ResourceDefinition>();
  for (const resource of resources) {
    const { scope, verbs, storedAs, plural, group } = resource;
    if (scope !== "Namespaced" || storedAs || !verbs.includes("delete")) continue;
    if (verbs.includes("list")) contents.set(`${plural}.${group}`, resource);
  }
  return contents;
}

/** The root machine of the namespace controller. */
export function namespaceMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:namespace-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const cache = sharedInformer(host, namespaces);
  const parts = { host, client, cache, contents: namespacedContents() };
  return controller<Observed, Action>({
    host,
    informers: [cache],
    watch: (enqueue) => [
      cache.listen(({ object }) => {
        if (object.metadata?.deletionTimestamp !== undefined) enqueue(object.metadata.name ?? "");
      }),
    ],
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
    isParallel: ({ type }) => type === "DeleteObject",
  });
}

async function observe(parts: Parts, key: string): Promise<Observed | undefined> {
  const { cache, contents, client, host } = parts;
  const namespace = cache.get(key);
  if (namespace?.metadata?.deletionTimestamp === undefined) return undefined;
  const failures: string[] = [];
  const listed = [...contents].map(async ([resource, definition]): Promise<Remaining> => {
    try {
      const { items } = await client.list(definition, { namespace: key });
      return { resource, objects: items.map(leftover) };
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      return { resource, objects: [] };
    }
  });
  const remaining = await Promise.all(listed);
  return { namespace, remaining, failure: failures.join("; "), now: host.world.now() };
}

function leftover({ metadata }: KubeObject): Leftover {
  const { name = "", uid = "", finalizers = [], deletionTimestamp } = metadata ?? {};
  return { name, uid, finalizers, isLeaving: deletionTimestamp !== undefined };
}

async function apply(parts: Parts, action: Action, key: string): Promise<Seen | void> {
  const { client, cache, contents } = parts;
  const namespace = cache.get(key);
  if (!namespace) return undefined;
  switch (action.type) {
    case "DeleteObject": {
      const definition = contents.get(action.resource);
      if (!definition) return undefined;
      return deleteObject(client, definition, key, action.object);
    }
    case "UpdateConditions": {
      const status = { ...namespace.status, conditions: [...action.conditions] };
      const { revision } = await client.update(namespaces, { ...namespace, status }, "status");
      return seenBy(cache, revision);
    }
    case "Finalize": {
      // Read again: the conditions were written a moment ago.
      const present = await client.get(namespaces, { name: key });
      const finalizers = present.spec?.finalizers?.filter((name) => name !== "kubernetes") ?? [];
      const next = { ...present, spec: { ...present.spec, finalizers } };
      const { revision } = await client.update(namespaces, next, "finalize");
      return seenBy(cache, revision);
    }
  }
}

async function deleteObject(
  client: Client,
  definition: ResourceDefinition,
  namespace: string,
  { name, uid }: Leftover,
): Promise<void> {
  try {
    const propagationPolicy = "Background";
    await client.delete(definition, { namespace, name }, { uid, propagationPolicy });
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return;
    throw error;
  }
}
