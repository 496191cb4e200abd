/** Whether a pod may be evicted (Kubernetes' pkg/registry/core/pod/storage/eviction.go). Pure. */
import { forbiddenError, internalError, StatusError } from "#libs/api/errors.ts";
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { timeText } from "#libs/api/time.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { PodDisruptionBudget } from "#proto/gen/k8s/policy/v1.ts";

/** Evictions that the disruption controller has not confirmed. */
const disruptedPodsMax = 2_000;
const retryAfterSeconds = 10;

/** The budgets that a pod counts for; an empty selector picks every pod. */
export const budgetsOf = (pod: Pod, all: Iterable<PodDisruptionBudget>): PodDisruptionBudget[] =>
  [...all].filter(
    ({ spec }) =>
      spec?.selector !== undefined &&
      matchesSelector(selectorOfLabelSelector(spec.selector), pod.metadata?.labels),
  );

/**
 * The budget that an eviction is charged to; undefined when nothing stands against it. Throws
 * when there are several.
 */
export function chargedBudget(
  pod: Pod,
  budgets: readonly PodDisruptionBudget[],
): PodDisruptionBudget | undefined {
  const { phase } = pod.status ?? {};
  const isWorking = phase !== "Succeeded" && phase !== "Failed" && phase !== "Pending";
  if (!isWorking || pod.metadata?.deletionTimestamp !== undefined) return undefined;
  if (budgets.length > 1) throw internalError(severalBudgets);
  const [budget] = budgets;
  if (!budget || isReady(pod)) return budget;
  return isFreeWhenUnready(budget) ? undefined : budget;
}

const severalBudgets =
  "This pod has more than one PodDisruptionBudget, " +
  "which the eviction subresource does not support.";

const isReady = ({ status }: Pod) =>
  status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;

/** A pod that serves nobody may go when enough others do, or always. */
function isFreeWhenUnready({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** The budget with the eviction charged; throws when it does not allow one. */
export function charged(
  budget: PodDisruptionBudget,
  podName: string,
  nowMs: number,
): PodDisruptionBudget {
  const { metadata, status = {} } = budget;
  const name = metadata?.name ?? "";
  const { disruptionsAllowed = 0, observedGeneration = 0, disruptedPods = {} } = status;
  if (observedGeneration < (metadata?.generation ?? 0)) {
    const why = `The disruption budget ${name} is still being processed by the server.`;
    throw tooManyEvictions(why, retryAfterSeconds);
  }
  if (disruptionsAllowed < 0) throw refused(name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > disruptedPodsMax) {
    const why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
    throw refused(name, why);
  }
  if (disruptionsAllowed === 0) throw tooManyEvictions(needText(budget), 0);
  const left = disruptionsAllowed - 1;
  const conditions = left === 0 ? withoutMore(budget, nowMs) : status.conditions;
  return {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: left,
      disruptedPods: { ...disruptedPods, [podName]: timeText(nowMs) },
      ...(conditions ? { conditions } : {}),
    },
  };
}

const refused = (name: string, why: string) =>
  forbiddenError({ group: "policy", name: "poddisruptionbudget" }, name, why);

function needText({ metadata, status }: PodDisruptionBudget): string {
  const { desiredHealthy = 0, currentHealthy = 0 } = status ?? {};
  const has = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return `The disruption budget ${metadata?.name} ${has}`;
}

function tooManyEvictions(why: string, seconds: number): StatusError {
  const text = "Cannot evict pod as it would violate the pod's disruption budget.";
  return new StatusError(429, "TooManyRequests", text, {
    causes: [{ reason: "DisruptionBudget", message: why }],
    ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
  });
}

function withoutMore({ metadata, status }: PodDisruptionBudget, nowMs: number) {
  const others = (status?.conditions ?? []).filter(({ type }) => type !== "DisruptionAllowed");
  const condition = {
    type: "DisruptionAllowed",
    status: "False",
    reason: "InsufficientPods",
    message: "",
    observedGeneration: metadata?.generation ?? 0,
    lastTransitionTime: timeText(nowMs),
  };
  return [...others, condition];
}
