/** Moving pods from old sets to the new one: rolling update and recreate. Pure. */
import type { ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import { type Plan, scaled, sorted } from "./plan.ts";
import { availableOf, byAge, replicasOf, sum, type Wanted } from "./sets.ts";

/** Size that the new set may have now, given the pods that run already. */
export function newSetReplicas(
  { strategy, replicas, surge }: Wanted,
  present: number,
  sets: readonly ReplicaSet[],
): number {
  if (strategy === "Recreate") return replicas;
  const room = replicas + surge - sum(sets, replicasOf);
  if (room <= 0) return present;
  return present + Math.min(room, replicas - present);
}

/** Brings the new set towards the wanted size. */
export function reconcileNewSet(plan: Plan): Plan {
  const { newSet } = sorted(plan);
  const { wanted, sets } = plan;
  if (!newSet || replicasOf(newSet) === wanted.replicas) return plan;
  if (replicasOf(newSet) > wanted.replicas) return scaled(plan, newSet, wanted.replicas);
  return scaled(plan, newSet, newSetReplicas(wanted, replicasOf(newSet), sets));
}

/** Takes pods from the old sets as far as availability allows. */
export function reconcileOldSets(plan: Plan): Plan {
  const { newSet, oldSets } = sorted(plan);
  const { wanted, sets } = plan;
  if (sum(oldSets, replicasOf) === 0) return plan;
  const minAvailable = wanted.replicas - wanted.unavailable;
  const newUnavailable = newSet ? replicasOf(newSet) - availableOf(newSet) : 0;
  const removable = sum(sets, replicasOf) - minAvailable - newUnavailable;
  if (removable <= 0) return plan;
  return removeAvailable(removeUnhealthy(plan, removable), minAvailable);
}

/** Pods that are not available serve nobody: they go first. */
function removeUnhealthy(plan: Plan, removableMax: number): Plan {
  let left = removableMax;
  let next = plan;
  for (const set of sorted(plan).oldSets.toSorted(byAge)) {
    const unhealthy = replicasOf(set) - availableOf(set);
    const count = Math.min(left, unhealthy);
    if (count <= 0) continue;
    next = scaled(next, set, replicasOf(set) - count);
    left -= count;
  }
  return next;
}

function removeAvailable(plan: Plan, minAvailable: number): Plan {
  let left = sum(plan.sets, availableOf) - minAvailable;
  let next = plan;
  for (const set of sorted(plan).oldSets.toSorted(byAge)) {
    const count = Math.min(left, replicasOf(set));
    if (count <= 0) continue;
    next = scaled(next, set, replicasOf(set) - count);
    left -= count;
  }
  return next;
}

/** Recreate: everything old goes at once. */
export function removeOldSets(plan: Plan): Plan {
  return sorted(plan).oldSets.reduce((next, set) => scaled(next, set, 0), plan);
}
