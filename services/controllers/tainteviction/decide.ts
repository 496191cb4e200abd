/** When a pod must leave a node whose taints it does not tolerate (any longer). */
import { tolerates } from "#libs/api/tolerations.ts";
import type { Decision } from "#libs/controller/controller.ts";
import { isFinished } from "#libs/controller/pods.ts";
import type { Pod, Taint } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly pod: Pod;
  /** NoExecute taints of its node. */
  readonly taints: readonly Taint[];
  readonly now: number;
}

export type Action = { readonly type: "EvictPod"; readonly pod: Pod };

/**
 * Evicts a pod whose node has a NoExecute taint that it does not tolerate (any longer); looks
 * again when the shortest toleration ends.
 */
export function reconcile({ pod, taints, now }: Observed): Decision<Action> {
  if (taints.length === 0 || pod.metadata?.deletionTimestamp !== undefined) return { actions: [] };
  if (isFinished(pod)) return { actions: [] };
  const deadline = Math.min(...taints.map((taint) => toleratedUntil(pod, taint)));
  if (deadline === Number.POSITIVE_INFINITY) return { actions: [] };
  if (deadline <= now) return { actions: [{ type: "EvictPod", pod }] };
  return { actions: [], requeueAfterMs: deadline - now };
}

/** Milliseconds since 1970 until which the pod may stay in spite of one taint. */
function toleratedUntil({ spec }: Pod, taint: Taint): number {
  const matching = (spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
  if (matching.length === 0) return Number.NEGATIVE_INFINITY;
  const seconds = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  if (seconds.length === 0) return Number.POSITIVE_INFINITY;
  const since = Date.parse(taint.timeAdded ?? "") || 0;
  return since + Math.max(0, Math.min(...seconds)) * 1_000;
}
