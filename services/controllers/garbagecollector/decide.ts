/**
 * Steps for one object that has owners, or that is being deleted in a way that concerns its
 * dependents. As Kubernetes' garbage collector: background, foreground, orphan.
 */
import type { Decision } from "#libs/controller/controller.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { OwnerReference } from "#proto/gen/k8s/meta/v1.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** What is known of one owner. */
export interface Owner {
  readonly reference: OwnerReference;
  /** `waiting`: it is being deleted in the foreground and waits for its dependents. */
  readonly state: "present" | "absent" | "waiting";
}

export interface Observed {
  readonly object: KubeObject;
  readonly owners: readonly Owner[];
  /** Objects that name this one as an owner. */
  readonly dependents: readonly { readonly key: string; readonly object: KubeObject }[];
}

export type Action =
  | { readonly type: "DeleteObject"; readonly policy: "Background" | "Foreground" | "Orphan" }
  /** Takes these owners out of the object's references. */
  | { readonly type: "DropOwners"; readonly uids: readonly string[] }
  | { readonly type: "OrphanDependent"; readonly key: string }
  | { readonly type: "DropFinalizer"; readonly finalizer: string }
  /** Look at another object now. */
  | { readonly type: "Visit"; readonly key: string };

/**
 * What one object's owners and dependents demand: on its way out its dependents are let go or
 * deleted first, as its finalizers say; before that it goes when its last owner is gone.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { metadata } = observed.object;
  if (metadata?.deletionTimestamp !== undefined) return { actions: whileLeaving(observed) };
  return { actions: whileOwned(observed) };
}

function whileLeaving({ object, dependents }: Observed): Action[] {
  const finalizers = object.metadata?.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) {
    return [
      ...dependents.map(({ key }) => ({ type: "OrphanDependent" as const, key })),
      { type: "DropFinalizer", finalizer: orphanFinalizer },
    ];
  }
  if (!finalizers.includes(foregroundFinalizer)) return [];
  const uid = object.metadata?.uid;
  const blocking = dependents.filter(({ object: dependent }) =>
    dependent.metadata?.ownerReferences?.some(
      (reference) => reference.uid === uid && reference.blockOwnerDeletion === true,
    ),
  );
  if (blocking.length === 0) return [{ type: "DropFinalizer", finalizer: foregroundFinalizer }];
  return dependents
    .filter(({ object: dependent }) => dependent.metadata?.deletionTimestamp === undefined)
    .map(({ key }) => ({ type: "Visit", key }));
}

function whileOwned({ object, owners, dependents }: Observed): Action[] {
  if (owners.length === 0) return [];
  const present = owners.filter(({ state }) => state === "present");
  const others = owners.filter(({ state }) => state !== "present");
  if (others.length === 0) return [];
  if (present.length > 0) {
    // Somebody still wants it: only the ties to those that do not are cut.
    return [{ type: "DropOwners", uids: others.map(({ reference }) => reference.uid ?? "") }];
  }
  const isAwaited = others.some(({ state }) => state === "waiting");
  if (isAwaited && dependents.length > 0) return [{ type: "DeleteObject", policy: "Foreground" }];
  return [{ type: "DeleteObject", policy: policyOf(object) }];
}

/** A finalizer that is there already says how its user wants the dependents treated. */
function policyOf({ metadata }: KubeObject): "Background" | "Foreground" | "Orphan" {
  const finalizers = metadata?.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}
