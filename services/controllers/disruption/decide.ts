/** How many pods of a budget may be missing now. */
import { isDeepStrictEqual } from "node:util";
import { timeText } from "#libs/api/time.ts";
import type { Decision } from "#libs/controller/controller.ts";
import { isReady } from "#libs/controller/pods.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { Condition } from "#proto/gen/k8s/meta/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "#proto/gen/k8s/policy/v1.ts";

export type Action =
  | { readonly type: "WriteStatus"; readonly status: PodDisruptionBudgetStatus }
  | {
      readonly type: "Record";
      readonly level: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
    };

/** How many pods the controllers of some pods want in all. */
export type Expected =
  | { readonly type: "Known"; readonly count: number }
  /** A pod is nobody's, or its owner has no scale. */
  | { readonly type: "Unknown"; readonly message: string };

export interface Observed {
  readonly budget: PodDisruptionBudget;
  /** What the budget's selector picks, ended pods aside. */
  readonly pods: readonly Pod[];
  readonly expected: Expected;
  readonly nowMs: number;
}

/** A pod that was noted as evicted and is there after so long stays. (disruption.go) */
export const evictionMs = 2 * 60_000;

/** What Kubernetes' disruption controller writes. */
export function reconcile(observed: Observed): Decision<Action> {
  const { budget, pods, expected } = observed;
  const needsScale = needsExpected(budget);
  if (needsScale && expected.type === "Unknown") return failed(observed, expected.message);
  const told = pods.length === 0 ? [record("Normal", "NoPods", "No matching pods found")] : [];
  const { disruptedPods, late, requeueAfterMs } = disrupted(observed);
  const scale = expected.type === "Known" ? expected.count : 0;
  const counts = countsOf(budget, needsScale ? scale : pods.length, pods.length);
  const currentHealthy = pods.filter((pod) => isHealthy(pod, disruptedPods)).length;
  const allowed = counts.expectedPods > 0 ? currentHealthy - counts.desiredHealthy : 0;
  const disruptionsAllowed = Math.max(0, allowed);
  const status: PodDisruptionBudgetStatus = {
    ...counts,
    currentHealthy,
    disruptionsAllowed,
    ...(Object.keys(disruptedPods).length > 0 ? { disruptedPods } : {}),
    observedGeneration: budget.metadata?.generation ?? 0,
    conditions: withCondition(observed, allowedCondition(disruptionsAllowed)),
  };
  const notes = late.map((name) =>
    record(
      "Warning",
      "NotDeleted",
      `Pod was expected by PDB ${nameOf(budget)} to be deleted but it wasn't: ${name}`,
    ),
  );
  const writes = isWritten(budget, status) ? [] : [{ type: "WriteStatus", status } as const];
  const isNews = writes.length > 0;
  return {
    actions: [...(isNews ? told : []), ...notes, ...writes],
    ...(requeueAfterMs === undefined ? {} : { requeueAfterMs }),
  };
}

const nameOf = ({ metadata }: PodDisruptionBudget) => `${metadata?.namespace}/${metadata?.name}`;

const record = (level: "Normal" | "Warning", reason: string, message: string): Action => ({
  type: "Record",
  level,
  reason,
  message,
});

/** A number of pods that must be there needs no other number. */
export const needsExpected = ({ spec }: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === "string";

interface Counts {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

function countsOf({ spec }: PodDisruptionBudget, expectedPods: number, present: number): Counts {
  if (spec?.maxUnavailable !== undefined) {
    const missing = share(spec.maxUnavailable, expectedPods);
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - missing) };
  }
  if (typeof spec?.minAvailable === "string") {
    return { expectedPods, desiredHealthy: share(spec.minAvailable, expectedPods) };
  }
  return { expectedPods: present, desiredHealthy: spec?.minAvailable ?? 0 };
}

/** A number, or a percentage rounded up. */
const share = (value: number | string, of: number): number =>
  typeof value === "number" ? value : Math.ceil((Number.parseInt(value, 10) * of) / 100);

type Disrupted = Readonly<Record<string, string>>;

const isHealthy = (pod: Pod, disruptedPods: Disrupted): boolean =>
  pod.metadata?.deletionTimestamp === undefined &&
  disruptedPods[pod.metadata?.name ?? ""] === undefined &&
  isReady(pod);

/** Pods whose eviction was allowed and that are still to go. */
function disrupted({ budget, pods, nowMs }: Observed) {
  const disruptedPods: Record<string, string> = {};
  const late: string[] = [];
  let requeueAfterMs: number | undefined;
  const noted = budget.status?.disruptedPods ?? {};
  for (const { metadata } of pods) {
    const since = noted[metadata?.name ?? ""];
    // One that is leaving is no longer healthy by itself.
    if (since === undefined || metadata?.deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(since) + evictionMs - nowMs;
    if (leftMs <= 0) {
      late.push(metadata?.name ?? "");
      continue;
    }
    disruptedPods[metadata?.name ?? ""] = since;
    requeueAfterMs = Math.min(requeueAfterMs ?? leftMs, leftMs);
  }
  return { disruptedPods, late, requeueAfterMs };
}

type Found = Pick<Condition, "status" | "reason" | "message">;

const allowedCondition = (allowed: number): Found =>
  allowed > 0
    ? { status: "True", reason: "SufficientPods", message: "" }
    : { status: "False", reason: "InsufficientPods", message: "" };

function withCondition({ budget, nowMs }: Observed, found: Found): Condition[] {
  const conditions = budget.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === "DisruptionAllowed");
  const since = before?.status === found.status ? before?.lastTransitionTime : undefined;
  const condition: Condition = {
    type: "DisruptionAllowed",
    ...found,
    observedGeneration: budget.metadata?.generation ?? 0,
    lastTransitionTime: since ?? timeText(nowMs),
  };
  return [...conditions.filter(({ type }) => type !== "DisruptionAllowed"), condition];
}

/** Nothing may be evicted while it is not known how many there should be. */
function failed(observed: Observed, message: string): Decision<Action> {
  const { budget } = observed;
  const conditions = withCondition(observed, { status: "False", reason: "SyncFailed", message });
  const { currentHealthy = 0, desiredHealthy = 0, expectedPods = 0 } = budget.status ?? {};
  const status = {
    ...budget.status,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: 0,
    observedGeneration: budget.metadata?.generation ?? 0,
    conditions,
  };
  if (isWritten(budget, status)) return { actions: [] };
  const why = `Failed to calculate the number of expected pods: ${message}`;
  const told = record("Warning", "CalculateExpectedPodCountFailed", why);
  return { actions: [told, { type: "WriteStatus", status }] };
}

/** Compared as they are stored: what is empty is absent. */
const isWritten = ({ status }: PodDisruptionBudget, wanted: PodDisruptionBudgetStatus) =>
  isDeepStrictEqual(withoutAbsent(status ?? {}), withoutAbsent(wanted));

const withoutAbsent = (status: PodDisruptionBudgetStatus) =>
  Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
