/** Which pods go first when there are too many: pure. */
import { createdAt } from "#libs/api/time.ts";
import { isReady, readySince, restartCount } from "#libs/controller/pods.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";

const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/** Compares two pods; negative when `a` should be deleted before `b`. */
type Order = (a: Pod, b: Pod) => number;

const isAssigned = ({ spec }: Pod) => Number(Boolean(spec?.nodeName));
const phase = ({ status }: Pod) => phaseRank[status?.phase ?? "Pending"] ?? 0;

function deletionCost({ metadata }: Pod): number {
  const cost = Number(metadata?.annotations?.[deletionCostAnnotation] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

/** Ages are compared on a logarithmic scale, so that similar pods are chosen by uid: spread. */
const ageRank = (since: number, now: number) =>
  since === 0 ? 0 : Math.floor(Math.log2(Math.max(1, now - since)));

/**
 * The `count` pods to delete, in Kubernetes' order (controller.ActivePodsWithRanks): unassigned
 * before assigned, pending before running, unready before ready, lower deletion cost first, then
 * from nodes that hold more of them, later ready, more restarts, younger.
 * @param nodeCounts Pods of the same workload on each node.
 */
export function podsToDelete(
  pods: readonly Pod[],
  count: number,
  nodeCounts: ReadonlyMap<string, number>,
  now: number,
): readonly Pod[] {
  if (count >= pods.length) return pods;
  const crowding = ({ spec }: Pod) => nodeCounts.get(spec?.nodeName ?? "") ?? 0;
  const orders: readonly Order[] = [
    (a, b) => isAssigned(a) - isAssigned(b),
    (a, b) => phase(a) - phase(b),
    (a, b) => Number(isReady(a)) - Number(isReady(b)),
    (a, b) => deletionCost(a) - deletionCost(b),
    (a, b) => crowding(b) - crowding(a),
    (a, b) => ageRank(readySince(a) ?? 0, now) - ageRank(readySince(b) ?? 0, now),
    (a, b) => restartCount(b) - restartCount(a),
    (a, b) => ageRank(createdAt(a), now) - ageRank(createdAt(b), now),
    (a, b) => ((a.metadata?.uid ?? "") < (b.metadata?.uid ?? "") ? -1 : 1),
  ];
  const compare: Order = (a, b) => {
    for (const order of orders) {
      const difference = order(a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return pods.toSorted(compare).slice(0, count);
}
