/** What a pass over a Deployment wants done, while it is being thought out. */
import type { Deployment, DeploymentStatus, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import {
  nameOf,
  replicasOf,
  scaleAnnotations,
  sortSets,
  type Sorted,
  uidOf,
  type Wanted,
} from "./sets.ts";

export type Action =
  | { readonly type: "AdoptSet"; readonly set: ReplicaSet }
  | { readonly type: "ReleaseSet"; readonly set: ReplicaSet }
  | { readonly type: "CreateSet"; readonly set: ReplicaSet }
  /** Writes replicas, minReadySeconds and annotations of a set. */
  | { readonly type: "UpdateSet"; readonly set: ReplicaSet }
  | { readonly type: "DeleteSet"; readonly set: ReplicaSet }
  | { readonly type: "UpdateRevision"; readonly revision: number }
  | { readonly type: "UpdateStatus"; readonly status: DeploymentStatus }
  | { readonly type: "RecordEvent"; readonly reason: string; readonly message: string };

/** The sets as they will be once the actions are done. */
export interface Plan {
  readonly deployment: Deployment;
  readonly wanted: Wanted;
  readonly sets: readonly ReplicaSet[];
  readonly actions: readonly Action[];
}

export const sorted = ({ deployment, sets }: Plan): Sorted => sortSets(deployment, sets);

export function withAction(plan: Plan, ...actions: readonly Action[]): Plan {
  return { ...plan, actions: [...plan.actions, ...actions] };
}

/** Replaces a set by its next version, and its pending update by the newer one. */
export function withUpdatedSet(plan: Plan, set: ReplicaSet): Plan {
  const sets = plan.sets.map((present) => (uidOf(present) === uidOf(set) ? set : present));
  const others = plan.actions.filter(
    (action) => action.type !== "UpdateSet" || uidOf(action.set) !== uidOf(set),
  );
  return { ...plan, sets, actions: [...others, { type: "UpdateSet", set }] };
}

/** Scales one set and says so in an event; nothing when it has that size already. */
export function scaled(plan: Plan, set: ReplicaSet, replicas: number): Plan {
  const present = replicasOf(set);
  if (present === replicas) return plan;
  const resized = withUpdatedSet(plan, {
    ...set,
    metadata: {
      ...set.metadata,
      annotations: { ...set.metadata?.annotations, ...scaleAnnotations(plan.wanted) },
    },
    spec: { ...set.spec, replicas },
  });
  const direction = replicas > present ? "up" : "down";
  const message = `Scaled ${direction} replica set ${nameOf(set)} from ${present} to ${replicas}`;
  return withAction(resized, { type: "RecordEvent", reason: "ScalingReplicaSet", message });
}
