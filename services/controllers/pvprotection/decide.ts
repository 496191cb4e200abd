/** When a volume that is being deleted may go: no claim is bound to it. */
import type { Decision } from "#libs/controller/controller.ts";
import type { PersistentVolume } from "#proto/gen/k8s/core/v1.ts";

export type Action = { readonly type: "DropFinalizer" };

export const finalizer = "kubernetes.io/pv-protection";

/** Lets a volume that is being deleted go once it is bound to no claim. */
export function reconcile({ metadata, status }: PersistentVolume): Decision<Action> {
  const { deletionTimestamp, finalizers = [] } = metadata ?? {};
  if (deletionTimestamp === undefined || !finalizers.includes(finalizer)) return { actions: [] };
  return { actions: status?.phase === "Bound" ? [] : [{ type: "DropFinalizer" }] };
}
