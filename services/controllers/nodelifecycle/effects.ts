/** Caches and writes of the node lifecycle controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { leases } from "#libs/api/coordination/v1/leases.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import { strategicMergePatch } from "#libs/api/patch/content.ts";
import { timeText } from "#libs/api/time.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ControllersConfig } from "../config.ts";
import { type Action, isReport, type Observed, reconcile } from "./decide.ts";

interface Parts {
  readonly host: Host;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly nodeCache: Informer<Node>;
  readonly podCache: Informer<Pod>;
  /** By this controller's clock, so that a node's clock may be wrong. */
  readonly seenAt: Map<string, number>;
}

const byNode = "node";
const leaseNamespace = "kube-node-lease";
/** As --node-monitor-grace-period since 1.32. */
const graceSecondsDefault = 50;

/** The root machine of the node lifecycle controller; keys are nodes. */
export function nodeLifecycleMachine(host: Host, config: ControllersConfig): Assembled {
  const user = "system:serviceaccount:kube-system:node-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const nodeCache = sharedInformer(host, nodes);
  const leaseCache = sharedInformer(host, leases);
  const podCache = sharedInformer(host, pods);
  podCache.addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  const recorder = eventRecorder(host, client, "node-controller");
  const parts = { host, client, recorder, nodeCache, podCache, seenAt: new Map<string, number>() };
  const gracePeriodMs = (config.nodeMonitorGracePeriodSeconds ?? graceSecondsDefault) * 1_000;
  const noteSign = (name: string) => parts.seenAt.set(name, host.world.now());
  return controller<Observed, Action>({
    host,
    informers: [nodeCache, leaseCache, podCache],
    watch: (enqueue) => [
      nodeCache.listen((notice) => {
        const { type, object } = notice;
        const { name = "" } = object.metadata ?? {};
        if (type === "deleted") parts.seenAt.delete(name);
        else if (!parts.seenAt.has(name)) noteSign(name);
        else if (type === "updated" && isReport(notice.old, object)) noteSign(name);
        enqueue(name);
      }),
      leaseCache.listen(({ type, object }) => {
        const { name = "", namespace } = object.metadata ?? {};
        if (namespace === leaseNamespace && type !== "deleted") noteSign(name);
      }),
    ],
    observe: (key) => observe(parts, gracePeriodMs, key),
    decide: reconcile,
    apply: (action, key) => apply(parts, action, key),
    isParallel: ({ type }) => type === "MarkPodNotReady",
  });
}

function observe(parts: Parts, gracePeriodMs: number, key: string): Observed | undefined {
  const { nodeCache, podCache, seenAt, host } = parts;
  const node = nodeCache.get(key);
  if (!node) return undefined;
  const now = host.world.now();
  return {
    node,
    pods: [...podCache.byIndex(byNode, key)],
    seenAt: seenAt.get(key) ?? now,
    gracePeriodMs,
    now,
  };
}

async function apply(parts: Parts, action: Action, key: string): Promise<Seen | void> {
  const { client, recorder, nodeCache } = parts;
  const node = nodeCache.get(key);
  if (!node) return undefined;
  switch (action.type) {
    case "UpdateConditions": {
      const patch = { status: { conditions: action.conditions } };
      const place = { name: key };
      const written = await client.patch(nodes, place, strategicMergePatch, patch, "status");
      return seenBy(nodeCache, written.revision);
    }
    case "UpdateTaints": {
      // Taints are set by others too: the version refuses to overwrite theirs.
      const next = { ...node, spec: { ...node.spec, taints: [...action.taints] } };
      return seenBy(nodeCache, (await client.update(nodes, next)).revision);
    }
    case "MarkPodNotReady":
      return markNotReady(parts, action.pod);
    case "RecordEvent": {
      const { reason, message } = action;
      recorder.record({ object: node, type: "Normal", reason, message });
      return undefined;
    }
  }
}

async function markNotReady(
  { client, podCache, host, recorder }: Parts,
  pod: Pod,
): Promise<Seen | void> {
  const { namespace = "", name = "", uid } = pod.metadata ?? {};
  const lastTransitionTime = timeText(host.world.now());
  const condition = { type: "Ready", status: "False", lastTransitionTime };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  try {
    const place = { namespace, name };
    const { revision } = await client.patch(pods, place, strategicMergePatch, patch, "status");
    const message = "Node is not ready";
    recorder.record({ object: pod, type: "Warning", reason: "NodeNotReady", message });
    return seenBy(podCache, revision);
  } catch (error) {
    if (hasReason(error, "NotFound") || hasReason(error, "Conflict")) return undefined;
    throw error;
  }
}
