/** Steps when a node is silent, and the taints that follow from its conditions. */
import { isDeepStrictEqual } from "node:util";
import { timeText } from "#libs/api/time.ts";
import type { Decision } from "#libs/controller/controller.ts";
import { podCondition } from "#libs/controller/pods.ts";
import type { Node, NodeCondition, Pod, Taint } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** When a sign of life was last seen here, by this controller's clock. */
  readonly seenAt: number;
  readonly gracePeriodMs: number;
  readonly now: number;
}

export type Action =
  | { readonly type: "UpdateConditions"; readonly conditions: readonly NodeCondition[] }
  | { readonly type: "UpdateTaints"; readonly taints: readonly Taint[] }
  | { readonly type: "MarkPodNotReady"; readonly pod: Pod }
  | { readonly type: "RecordEvent"; readonly reason: string; readonly message: string };

const kubeletConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** Taints by condition: type and the status that calls for it, in Kubernetes' order. */
const conditionTaints = [
  { type: "Ready", status: "False", key: "node.kubernetes.io/not-ready", evicts: true },
  { type: "Ready", status: "Unknown", key: "node.kubernetes.io/unreachable", evicts: true },
  { type: "MemoryPressure", status: "True", key: "node.kubernetes.io/memory-pressure" },
  { type: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
  { type: "NetworkUnavailable", status: "True", key: "node.kubernetes.io/network-unavailable" },
  { type: "PIDPressure", status: "True", key: "node.kubernetes.io/pid-pressure" },
] as const;
const unschedulableKey = "node.kubernetes.io/unschedulable";
const ownKeys: ReadonlySet<string> = new Set([
  ...conditionTaints.map(({ key }) => key),
  unschedulableKey,
]);

/**
 * Turns silence into conditions, conditions into taints, and shows pods of a node that is not
 * ready as not ready themselves. Looks again when the grace period would be over.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { node, seenAt, gracePeriodMs, now, pods } = observed;
  const silentMs = now - seenAt;
  const isLost = silentMs > gracePeriodMs;
  const present = node.status?.conditions ?? [];
  const conditions = isLost ? lostConditions(present, now) : present;
  const taints = taintsOf(node, conditions, now);
  const actions: Action[] = [];
  const ready = statusOf(conditions, "Ready");
  if (conditions !== present) {
    actions.push({ type: "UpdateConditions", conditions });
    if (statusOf(present, "Ready") === "True") actions.push(notReadyEvent(node));
  }
  if (!isDeepStrictEqual(taints, node.spec?.taints ?? [])) {
    actions.push({ type: "UpdateTaints", taints });
  }
  if (ready !== undefined && ready !== "True") {
    const shown = pods.filter((pod) => podCondition(pod, "Ready")?.status === "True");
    actions.push(...shown.map((pod) => ({ type: "MarkPodNotReady" as const, pod })));
  }
  return { actions, requeueAfterMs: isLost ? gracePeriodMs : gracePeriodMs - silentMs + 1 };
}

/** Whether a change of the node shows that its kubelet reported: a lease may come later. */
export function isReport(before: Node, after: Node): boolean {
  const ready = readyOf(after);
  if (ready === undefined || ready.status === "Unknown") return false;
  return ready.lastHeartbeatTime !== readyOf(before)?.lastHeartbeatTime;
}

const readyOf = ({ status }: Node) => status?.conditions?.find(({ type }) => type === "Ready");

const statusOf = (conditions: readonly NodeCondition[], type: string) =>
  conditions.find((condition) => condition.type === type)?.status;

function notReadyEvent({ metadata }: Node): Action {
  const message = `Node ${metadata?.name ?? ""} status is now: NodeNotReady`;
  return { type: "RecordEvent", reason: "NodeNotReady", message };
}

/** The same array when nothing changes. */
function lostConditions(present: readonly NodeCondition[], now: number): readonly NodeCondition[] {
  const time = timeText(now);
  const known = new Map(present.map((condition) => [condition.type, condition]));
  const isTold = kubeletConditions.every((type) => known.get(type)?.status === "Unknown");
  if (isTold) return present;
  const others = present.filter(({ type = "" }) => !kubeletConditions.includes(type));
  const unknown = kubeletConditions.map((type): NodeCondition => {
    const condition = known.get(type);
    if (condition?.status === "Unknown") return condition;
    return condition
      ? {
          ...condition,
          status: "Unknown",
          reason: "NodeStatusUnknown",
          message: "Kubelet stopped posting node status.",
          lastTransitionTime: time,
        }
      : {
          type,
          status: "Unknown",
          reason: "NodeStatusNeverUpdated",
          message: "Kubelet never posted node status.",
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        };
  });
  return [...others, ...unknown];
}

function taintsOf(node: Node, conditions: readonly NodeCondition[], now: number): Taint[] {
  const present = node.spec?.taints ?? [];
  const wanted: Taint[] = conditionTaints.flatMap((rule): Taint[] => {
    if (statusOf(conditions, rule.type) !== rule.status) return [];
    const { key } = rule;
    const evicting = "evicts" in rule ? [{ key, effect: "NoExecute" }] : [];
    return [{ key, effect: "NoSchedule" }, ...evicting];
  });
  if (node.spec?.unschedulable) wanted.push({ key: unschedulableKey, effect: "NoSchedule" });
  const isSame = (a: Taint) => (b: Taint) => a.key === b.key && a.effect === b.effect;
  const kept = present.filter(
    (taint) => !ownKeys.has(taint.key ?? "") || wanted.some(isSame(taint)),
  );
  const added = wanted.filter((taint) => !present.some(isSame(taint)));
  return [
    ...kept,
    ...added.map((taint) =>
      taint.effect === "NoExecute" ? { ...taint, timeAdded: timeText(now) } : taint,
    ),
  ];
}
