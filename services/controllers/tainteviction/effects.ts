/** Caches and writes of the taint eviction controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import { strategicMergePatch } from "#libs/api/patch/content.ts";
import { timeText } from "#libs/api/time.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Node, Pod, Taint } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";

const byNode = "node";

const evictingTaints = (node: Node | undefined): readonly Taint[] =>
  (node?.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");

/** The root machine of the taint eviction controller; keys are pods. */
export function taintEvictionMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:taint-eviction-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const recorder = eventRecorder(host, client, "taint-eviction-controller");
  const nodeCache = sharedInformer(host, nodes);
  const podCache = sharedInformer(host, pods);
  podCache.addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  return controller<Observed, Action>({
    host,
    informers: [nodeCache, podCache],
    watch: (enqueue) => [
      nodeCache.listen((notice) => {
        const before = notice.type === "updated" ? evictingTaints(notice.old).length : 0;
        if (before === 0 && evictingTaints(notice.object).length === 0) return;
        const { name = "" } = notice.object.metadata ?? {};
        for (const pod of podCache.byIndex(byNode, name)) enqueue(keyOf(pod));
      }),
      podCache.listen(({ type, object }) => {
        if (type === "deleted") return;
        const node = nodeCache.get(object.spec?.nodeName ?? "");
        if (evictingTaints(node).length > 0) enqueue(keyOf(object));
      }),
    ],
    observe(key) {
      const pod = podCache.get(key);
      if (!pod) return undefined;
      const taints = evictingTaints(nodeCache.get(pod.spec?.nodeName ?? ""));
      return { pod, taints, now: host.world.now() };
    },
    decide: reconcile,
    apply: ({ pod }) => evict(client, recorder, podCache, host.world.now(), pod),
  });
}

async function evict(
  client: Client,
  recorder: Recorder,
  podCache: Informer<Pod>,
  now: number,
  pod: Pod,
): Promise<Seen | void> {
  const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: timeText(now),
  };
  const message = `Marking for deletion Pod ${namespace}/${name}`;
  const reason = "TaintManagerEviction";
  try {
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    await client.patch(pods, { namespace, name }, strategicMergePatch, patch, "status");
    const { revision } = await client.delete(pods, { namespace, name }, { uid });
    recorder.record({ object: pod, type: "Normal", reason, message });
    return seenBy(podCache, revision);
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return undefined;
    throw error;
  }
}
