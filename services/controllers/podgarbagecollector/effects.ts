/** Caches and writes of the pod garbage collector. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import { strategicMergePatch } from "#libs/api/patch/content.ts";
import { timeText } from "#libs/api/time.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import { isFinished } from "#libs/controller/pods.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Node, Pod, PodCondition } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly nodeCache: Informer<Node>;
  readonly podCache: Informer<Pod>;
  /** Since when a node is missed to which pods are bound. */
  readonly missedAt: Map<string, number>;
}

const byNode = "node";

/** The root machine of the pod garbage collector; keys are pods. */
export function podGarbageCollectorMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:pod-garbage-collector";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const nodeCache = sharedInformer(host, nodes);
  const podCache = sharedInformer(host, pods);
  podCache.addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  const parts = { host, client, nodeCache, podCache, missedAt: new Map<string, number>() };
  return controller<Observed, Action>({
    host,
    informers: [nodeCache, podCache],
    watch: (enqueue) => [
      nodeCache.listen(({ type, object }) => {
        const { name = "" } = object.metadata ?? {};
        if (type === "deleted") parts.missedAt.set(name, host.world.now());
        else parts.missedAt.delete(name);
        // Updates matter only for taints, which decide about pods that are leaving.
        const isTainted = (object.spec?.taints ?? []).length > 0;
        if (type !== "deleted" && !isTainted) return;
        for (const pod of podCache.byIndex(byNode, name)) enqueue(keyOf(pod));
      }),
      podCache.listen(({ type, object }) => {
        const { nodeName = "" } = object.spec ?? {};
        if (type !== "deleted") enqueue(keyOf(object));
        else if (isEmpty(podCache.byIndex(byNode, nodeName))) parts.missedAt.delete(nodeName);
      }),
    ],
    observe: (key) => observe(parts, key),
    decide: reconcile,
    apply: (action) => apply(parts, action),
  });
}

function observe({ host, nodeCache, podCache, missedAt }: Parts, key: string) {
  const pod = podCache.get(key);
  if (!pod) return undefined;
  const now = host.world.now();
  const { nodeName = "" } = pod.spec ?? {};
  const node = nodeCache.get(nodeName);
  if (nodeName === "" || node) return { pod, node, nodeMissedAt: undefined, now };
  const nodeMissedAt = missedAt.get(nodeName) ?? now;
  missedAt.set(nodeName, nodeMissedAt);
  return { pod, node, nodeMissedAt, now };
}

async function apply(parts: Parts, action: Action): Promise<Seen | void> {
  if (action.type === "CollectLeaving") return collect(parts, action.pod, []);
  // The caches may be behind: a node that registered just now keeps its pods.
  if (await isThere(parts.client, action.node)) return undefined;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByPodGC",
    message: "PodGC: node no longer exists",
    lastTransitionTime: timeText(parts.host.world.now()),
  };
  return collect(parts, action.pod, [condition]);
}

async function isThere(client: Client, name: string): Promise<boolean> {
  try {
    await client.get(nodes, { name });
    return true;
  } catch (error) {
    if (hasReason(error, "NotFound")) return false;
    throw error;
  }
}

/** Notes that it failed, unless it has finished, and deletes it without waiting for a kubelet. */
async function collect(
  { client, podCache }: Parts,
  pod: Pod,
  conditions: readonly PodCondition[],
): Promise<Seen | void> {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  const place = { namespace, name };
  try {
    if (!isFinished(pod)) {
      const patch = { metadata: { uid }, status: { phase: "Failed", conditions } };
      await client.patch(pods, place, strategicMergePatch, patch, "status");
    }
    const { revision } = await client.delete(pods, place, { uid, gracePeriodSeconds: 0 });
    return seenBy(podCache, revision);
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return undefined;
    throw error;
  }
}

const isEmpty = (some: Iterable<unknown>): boolean => [...some].length === 0;
