/** When a claim that is being deleted may go: no living pod uses it any more. */
import type { Decision } from "#libs/controller/controller.ts";
import { isFinished } from "#libs/controller/pods.ts";
import type { PersistentVolumeClaim, Pod } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly claim: PersistentVolumeClaim;
  /** Pods of the claim's namespace that name it. */
  readonly pods: readonly Pod[];
}

export type Action = { readonly type: "DropFinalizer" };

export const finalizer = "kubernetes.io/pvc-protection";

/** Lets a claim that is being deleted go once no pod that lives on a node uses it. */
export function reconcile({ claim, pods }: Observed): Decision<Action> {
  const { deletionTimestamp, finalizers = [] } = claim.metadata ?? {};
  if (deletionTimestamp === undefined || !finalizers.includes(finalizer)) return { actions: [] };
  // A pod without a node has mounted nothing, and cannot while the claim is leaving.
  const isUsed = pods.some((pod) => Boolean(pod.spec?.nodeName) && !isFinished(pod));
  return { actions: isUsed ? [] : [{ type: "DropFinalizer" }] };
}

/** Names of the claims that a pod mounts, those made for its ephemeral volumes included. */
export function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name = "", persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim?.claimName) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata?.name ?? ""}-${name}`] : [];
  });
}
