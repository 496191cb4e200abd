/** Steps that bring the pods of one ReplicaSet (or ReplicationController) to what it asks for. */
import { isDeepStrictEqual } from "node:util";
import type { Decision } from "#libs/controller/controller.ts";
import { claim } from "#libs/controller/ownership.ts";
import { isActive, untilAvailable } from "#libs/controller/pods.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { ReplicaSetStatus } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod, PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import { podsToDelete } from "./ranking.ts";
import { statusOf, type StatusFacts } from "./status.ts";

/** What ReplicaSets and ReplicationControllers have in common. */
export interface ReplicaSetView {
  readonly kind: "ReplicaSet" | "ReplicationController";
  readonly object: KubeObject;
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly template: PodTemplateSpec;
  readonly generation: number;
  readonly status: ReplicaSetStatus | undefined;
}

export interface Observed {
  readonly set: ReplicaSetView;
  /** Pods that the set owns or whose labels it selects, with whether they match. */
  readonly candidates: readonly { readonly pod: Pod; readonly matches: boolean }[];
  /** Pods of the same workload on each node: for scaling down evenly. */
  readonly nodeCounts: ReadonlyMap<string, number>;
  readonly failure: StatusFacts["failure"];
  readonly now: number;
}

export type Action =
  | { readonly type: "AdoptPod"; readonly pod: Pod }
  | { readonly type: "ReleasePod"; readonly pod: Pod }
  | { readonly type: "CreatePod"; readonly template: PodTemplateSpec }
  | { readonly type: "DeletePod"; readonly pod: Pod }
  | { readonly type: "UpdateStatus"; readonly status: ReplicaSetStatus };

/** Pods created or deleted in one go, as Kubernetes' burstReplicas. */
const burstMax = 500;

/**
 * Brings the pods of one set to its wanted count, at most `burstMax` at a time, and tells the
 * status that is seen now. Looks again when the next pod would become available.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { set, candidates, now, failure } = observed;
  const claims = candidates.map(({ pod, matches }) => ({
    pod,
    claim: claim(set.object, pod, matches),
  }));
  const released = claims.filter(({ claim }) => claim === "release");
  const adopted = claims.filter(({ claim }) => claim === "adopt");
  const own = claims
    .filter(({ claim }) => claim === "owned" || claim === "adopt")
    .map(({ pod }) => pod);

  const actions: Action[] = [
    ...released.map(({ pod }) => ({ type: "ReleasePod" as const, pod })),
    ...adopted.map(({ pod }) => ({ type: "AdoptPod" as const, pod })),
  ];
  const isLeaving = set.object.metadata?.deletionTimestamp !== undefined;
  if (!isLeaving) actions.push(...scale(observed, own.filter(isActive)));

  // The status tells what is seen now: what was just written is seen at the next look.
  const status = statusOf({ set, pods: own, failure, now });
  if (!isDeepStrictEqual(status, set.status)) actions.push({ type: "UpdateStatus", status });
  const waits = own.flatMap((pod) => untilAvailable(pod, set.minReadySeconds, now) ?? []);
  return waits.length > 0 ? { actions, requeueAfterMs: Math.min(...waits) + 1 } : { actions };
}

function scale({ set, nodeCounts, now }: Observed, active: readonly Pod[]): Action[] {
  const missing = set.replicas - active.length;
  if (missing >= 0) {
    const count = Math.min(missing, burstMax);
    return Array.from({ length: count }, () => ({ type: "CreatePod", template: set.template }));
  }
  const surplus = Math.min(-missing, burstMax);
  return podsToDelete(active, surplus, nodeCounts, now).map((pod) => ({ type: "DeletePod", pod }));
}
