/** A Deployment's replica sets: which is new, which are old, what their annotations say. Pure. */
import { isDeepStrictEqual } from "node:util";
import { createdAt } from "#libs/api/time.ts";
import type { Deployment, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";

export const hashLabel = "pod-template-hash";
export const revisionAnnotation = "deployment.kubernetes.io/revision";
const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";

/** The fields of a Deployment with their defaults. */
export interface Wanted {
  readonly name: string;
  readonly replicas: number;
  readonly strategy: "RollingUpdate" | "Recreate";
  /** Pods above `replicas` that a rolling update may run. */
  readonly surge: number;
  /** Pods below `replicas` that a rolling update may miss. */
  readonly unavailable: number;
  readonly minReadySeconds: number;
  readonly isPaused: boolean;
  /** Undefined: no deadline. */
  readonly progressDeadlineSeconds: number | undefined;
  readonly revisionHistoryLimit: number | undefined;
}

/** Kubernetes' word for "no deadline" and "no limit": the largest int32. */
const unlimited = 2 ** 31 - 1;

export function wantedOf({ metadata, spec }: Deployment): Wanted {
  const replicas = spec?.replicas ?? 1;
  const { type = "RollingUpdate", rollingUpdate } = spec?.strategy ?? {};
  const isRolling = type === "RollingUpdate";
  const surge = isRolling ? share(rollingUpdate?.maxSurge ?? "25%", replicas, Math.ceil) : 0;
  const floor = share(rollingUpdate?.maxUnavailable ?? "25%", replicas, Math.floor);
  // Both zero could never make progress: one pod may be missing then.
  const unavailable = isRolling ? Math.min(surge === 0 && floor === 0 ? 1 : floor, replicas) : 0;
  const deadline = spec?.progressDeadlineSeconds ?? 600;
  const limit = spec?.revisionHistoryLimit ?? 10;
  return {
    name: metadata?.name ?? "",
    replicas,
    strategy: isRolling ? "RollingUpdate" : "Recreate",
    surge,
    unavailable,
    minReadySeconds: spec?.minReadySeconds ?? 0,
    isPaused: spec?.paused ?? false,
    progressDeadlineSeconds: deadline === unlimited ? undefined : deadline,
    revisionHistoryLimit: limit === unlimited ? undefined : limit,
  };
}

function share(value: number | string, total: number, round: (fraction: number) => number): number {
  if (typeof value === "number") return value;
  return round((Number.parseInt(value, 10) * total) / 100);
}

export const replicasOf = (set: ReplicaSet) => set.spec?.replicas ?? 1;
export const availableOf = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
export const uidOf = ({ metadata }: Pick<ReplicaSet, "metadata">) => metadata?.uid ?? "";
export const nameOf = ({ metadata }: Pick<ReplicaSet, "metadata">) => metadata?.name ?? "";

export const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number) =>
  sets.reduce((total, set) => total + count(set), 0);

/** Oldest first; names decide between those of one second. */
export const byAge = (a: ReplicaSet, b: ReplicaSet) =>
  createdAt(a) - createdAt(b) || (nameOf(a) < nameOf(b) ? -1 : 1);

/** The revision that an object's annotation carries; 0 when it carries none. */
export function revisionOf({ metadata }: Pick<ReplicaSet, "metadata">): number {
  return Number(metadata?.annotations?.[revisionAnnotation] ?? 0) || 0;
}

/** The template without the label that tells the sets apart. */
function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

export interface Sorted {
  readonly newSet: ReplicaSet | undefined;
  /** Oldest first. */
  readonly oldSets: readonly ReplicaSet[];
}

/** The set whose template is the Deployment's (the oldest, were there several), and the rest. */
export function sortSets(deployment: Deployment, sets: readonly ReplicaSet[]): Sorted {
  const wanted = withoutHash(deployment.spec?.template);
  const ordered = sets.toSorted(byAge);
  const newSet = ordered.find((set) => isDeepStrictEqual(withoutHash(set.spec?.template), wanted));
  return { newSet, oldSets: ordered.filter((set) => set !== newSet) };
}

/** Annotations of the Deployment that are its own affair and not its sets'. */
const keptAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

/** Annotations that a set gets from its Deployment. */
export function inheritedAnnotations({ metadata }: Deployment): Record<string, string> {
  const entries = Object.entries(metadata?.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => !keptAnnotations.has(key)));
}

/** Annotations that say for how many pods a set was last scaled. */
export function scaleAnnotations({ replicas, surge }: Wanted): Record<string, string> {
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + surge),
  };
}

/** Characters of revision history that a set keeps, as Kubernetes. */
const historyLengthMax = 2_000;

/** Annotations of the new set when it becomes (again) the newest revision. */
export function revisionAnnotations(set: ReplicaSet, revision: number): Record<string, string> {
  const present = revisionOf(set);
  if (present >= revision) return {};
  const history = set.metadata?.annotations?.[revisionHistoryAnnotation];
  const revisions = [...(history ? history.split(",") : []), ...(present ? [String(present)] : [])];
  while (revisions.join(",").length > historyLengthMax) revisions.shift();
  return {
    [revisionAnnotation]: String(revision),
    ...(present ? { [revisionHistoryAnnotation]: revisions.join(",") } : {}),
  };
}
