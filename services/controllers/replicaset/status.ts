/** The status that a ReplicaSet should show: pure. */
import { timeText } from "#libs/api/time.ts";
import { isActive, isAvailable, isFinished, isReady } from "#libs/controller/pods.ts";
import type { ReplicaSetCondition, ReplicaSetStatus } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ReplicaSetView } from "./decide.ts";

export interface StatusFacts {
  readonly set: ReplicaSetView;
  /** All pods that the set owns. */
  readonly pods: readonly Pod[];
  /** Failure of the last try to create or delete pods, if it failed. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  readonly now: number;
}

/**
 * The status of a set with these pods. Counts of zero are left out, as Go leaves them out, but
 * `replicas` is always told.
 */
export function statusOf({ set, pods, failure, now }: StatusFacts): ReplicaSetStatus {
  const active = pods.filter(isActive);
  const ready = active.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, set.minReadySeconds, now));
  const terminating = pods.filter(
    (pod) => pod.metadata?.deletionTimestamp !== undefined && !isFinished(pod),
  );
  const labels = Object.entries(set.template.metadata?.labels ?? {});
  const labelled = active.filter((pod) =>
    labels.every(([key, value]) => pod.metadata?.labels?.[key] === value),
  );
  const conditions = conditionsOf(set.status?.conditions ?? [], failure, now);
  return {
    replicas: active.length,
    ...nonZero({
      fullyLabeledReplicas: labelled.length,
      readyReplicas: ready.length,
      availableReplicas: available.length,
    }),
    ...(set.kind === "ReplicaSet" ? { terminatingReplicas: terminating.length } : {}),
    observedGeneration: set.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

/** Fields that Kubernetes leaves out when they are zero. */
function nonZero<T extends Record<string, number>>(counts: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(counts).filter(([, count]) => count !== 0),
  ) as Partial<T>;
}

function conditionsOf(
  present: readonly ReplicaSetCondition[],
  failure: StatusFacts["failure"],
  now: number,
): ReplicaSetCondition[] {
  const others = present.filter(({ type }) => type !== "ReplicaFailure");
  if (!failure) return others;
  const known = present.find(({ type }) => type === "ReplicaFailure");
  if (known?.reason === failure.reason) return [...present];
  const lastTransitionTime = timeText(now);
  return [...others, { type: "ReplicaFailure", status: "True", lastTransitionTime, ...failure }];
}
