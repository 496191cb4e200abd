/** A Deployment whose wanted size changed, or that is paused: sizes only, no roll-out. Pure. */
import type { ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import { type Plan, scaled, sorted, withUpdatedSet } from "./plan.ts";
import {
  availableOf,
  byAge,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  replicasOf,
  scaleAnnotations,
  sum,
  type Wanted,
} from "./sets.ts";

const isActive = (set: ReplicaSet) => replicasOf(set) > 0;

function annotated(set: ReplicaSet, name: string): number | undefined {
  const text = set.metadata?.annotations?.[name];
  return text === undefined ? undefined : Number(text);
}

/** Whether an active set was scaled for another wanted size than the present one. */
export function isScalingEvent({ sets, wanted }: Plan): boolean {
  return sets.filter(isActive).some((set) => {
    const desired = annotated(set, desiredReplicasAnnotation);
    return desired !== undefined && desired !== wanted.replicas;
  });
}

/**
 * Gives the sets their new sizes. One active set gets everything; a finished roll-out loses its old
 * sets; in the middle of a rolling update the difference is shared in proportion to their sizes.
 */
export function scaleSets(plan: Plan): Plan {
  const { newSet, oldSets } = sorted(plan);
  const { wanted } = plan;
  const only = activeOrLatest(newSet, oldSets);
  if (only) return scaled(plan, only, wanted.replicas);
  if (isSaturated(wanted, newSet)) {
    return oldSets.filter(isActive).reduce((next, set) => scaled(next, set, 0), plan);
  }
  return wanted.strategy === "RollingUpdate" ? scaleInProportion(plan) : plan;
}

function activeOrLatest(
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const all = [...oldSets, ...(newSet ? [newSet] : [])];
  const active = all.filter(isActive);
  if (active.length === 0) return newSet ?? oldSets.toSorted(byAge).at(-1);
  return active.length === 1 ? active[0] : undefined;
}

function isSaturated({ replicas }: Wanted, newSet: ReplicaSet | undefined): boolean {
  return (
    newSet !== undefined &&
    replicasOf(newSet) === replicas &&
    annotated(newSet, desiredReplicasAnnotation) === replicas &&
    availableOf(newSet) === replicas
  );
}

function scaleInProportion(plan: Plan): Plan {
  const { wanted, deployment } = plan;
  const active = plan.sets.filter(isActive);
  const allowed = wanted.replicas > 0 ? wanted.replicas + wanted.surge : 0;
  const toAdd = allowed - sum(active, replicasOf);
  // The largest first; of equals the newer grows and the older shrinks.
  const ordered = active.toSorted(
    (a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)),
  );
  const before = deployment.status?.replicas ?? 0;
  const sizes: number[] = [];
  let added = 0;
  for (const set of ordered) {
    const part = proportion(set, wanted, before, toAdd, added);
    sizes.push(replicasOf(set) + part);
    added += part;
  }
  // What rounding left over goes to the largest.
  if (sizes[0] !== undefined) sizes[0] = Math.max(0, sizes[0] + toAdd - added);
  return ordered.reduce((next, set, index) => resized(next, set, sizes[index] ?? 0), plan);
}

/** Scales, or at least notes for which size that was decided. */
function resized(plan: Plan, set: ReplicaSet, replicas: number): Plan {
  if (replicasOf(set) !== replicas) return scaled(plan, set, replicas);
  const annotations = { ...set.metadata?.annotations, ...scaleAnnotations(plan.wanted) };
  return withUpdatedSet(plan, { ...set, metadata: { ...set.metadata, annotations } });
}

function proportion(
  set: ReplicaSet,
  wanted: Wanted,
  statusReplicas: number,
  toAdd: number,
  added: number,
): number {
  if (toAdd === 0 || toAdd === added) return 0;
  const part = fraction(set, wanted, statusReplicas);
  return toAdd > 0 ? Math.min(part, toAdd - added) : Math.max(part, toAdd - added);
}

function fraction(set: ReplicaSet, { replicas, surge }: Wanted, statusReplicas: number): number {
  if (replicas === 0) return -replicasOf(set);
  const before = annotated(set, maxReplicasAnnotation) ?? statusReplicas;
  if (before === 0) return 0;
  return Math.round((replicasOf(set) * (replicas + surge)) / before) - replicasOf(set);
}
