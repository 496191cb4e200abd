/** Caches and writes of the resource quota controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { resourcequotas } from "#libs/api/core/v1/resourcequotas.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import type { Amounts } from "#libs/api/quota/amounts.ts";
import { hasReason } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import { isFinished } from "#libs/controller/pods.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Pod, ResourceQuota } from "#proto/gen/k8s/core/v1.ts";
import { type Action, isConcerned, type Observed, reconcile } from "./decide.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly quotas: Informer<ResourceQuota>;
  /** By `pods`, `deployments.apps`. */
  readonly counted: ReadonlyMap<string, Informer<KubeObject>>;
  /** When each quota was last seen to change, on the monotonic clock. */
  readonly changedAt: Map<string, number>;
}

/** What lives in namespaces and can be counted. Events are not worth it, as in Kubernetes. */
function isCounted({ scope, verbs, storedAs, plural }: ResourceDefinition): boolean {
  if (scope !== "Namespaced" || storedAs || plural === "events") return false;
  return verbs.includes("list") && verbs.includes("create");
}

/** The root machine; keys are quotas. */
export function resourceQuotaMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:resourcequota-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const quotas = sharedInformer(host, resourcequotas);
  const counted = new Map(
    resources.filter(isCounted).map((resource) => {
      const { group, plural } = resource;
      const name = group === "" ? plural : `${plural}.${group}`;
      return [name, sharedInformer(host, resource)] as const;
    }),
  );
  const changedAt = new Map<string, number>();
  const parts: Parts = { host, client, quotas, counted, changedAt };
  return controller<Observed, Action>({
    host,
    informers: [quotas, ...counted.values()],
    watch: (enqueue) => [
      quotas.listen(({ type, object }) => {
        const key = keyOf(object);
        if (type === "deleted") changedAt.delete(key);
        else changedAt.set(key, host.world.monotonic());
        enqueue(key);
      }),
      ...[...counted].map(([name, informer]) =>
        informer.listen(({ type, object }) => {
          if (!mayFree(type, name, object)) return;
          const namespace = object.metadata?.namespace ?? "";
          for (const quota of quotasIn(parts, namespace)) {
            if (isConcerned(quota, name)) enqueue(keyOf(quota));
          }
        }),
      ),
    ],
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action, key) => write(parts, action, key),
  });
}

/** What is new was charged when it was admitted; only what goes or changes is counted anew. */
function mayFree(type: string, resource: string, object: KubeObject): boolean {
  if (type === "deleted") return true;
  if (type === "added") return false;
  return resource !== "pods" || isFinished(object as Pod) || isLeaving(object);
}

const isLeaving = ({ metadata }: KubeObject) => metadata?.deletionTimestamp !== undefined;

function* quotasIn({ quotas }: Parts, namespace: string): Generator<ResourceQuota> {
  for (const quota of quotas.values()) {
    if (quota.metadata?.namespace === namespace) yield quota;
  }
}

function observe({ quotas, counted, host, changedAt }: Parts, key: string): Observed | undefined {
  const quota = quotas.get(key);
  if (!quota || quota.metadata?.deletionTimestamp !== undefined) return undefined;
  const namespace = quota.metadata?.namespace;
  const objects = new Map<string, readonly KubeObject[]>();
  for (const [name, informer] of counted) {
    if (!isConcerned(quota, name)) continue;
    const own = [...informer.values()].filter(({ metadata }) => metadata?.namespace === namespace);
    objects.set(name, own);
  }
  const { world } = host;
  const stillMs = world.monotonic() - (changedAt.get(key) ?? -Infinity);
  return { quota, objects, nowMs: world.now(), stillMs };
}

/** Refused with Conflict when the quota was charged meanwhile: then it is counted anew. */
async function write(
  { client, quotas }: Parts,
  { hard, used }: Action,
  key: string,
): Promise<Seen | void> {
  const quota = quotas.get(key);
  if (!quota) return undefined;
  const { metadata, status } = quota;
  const { namespace = "", name = "", uid, resourceVersion } = metadata ?? {};
  try {
    const patch = {
      metadata: { uid, resourceVersion },
      status: { hard: replaced(status?.hard, hard), used: replaced(status?.used, used) },
    };
    const place = { namespace, name };
    const written = await client.patch(resourcequotas, place, mergePatch, patch, "status");
    return seenBy(quotas, written.revision);
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}

/** A merge patch that leaves nothing of what was there. */
const replaced = (before: Amounts = {}, after: Amounts): Record<string, string | null> => ({
  ...Object.fromEntries(Object.keys(before).map((name) => [name, null])),
  ...after,
});
