/** Who owns what, by metadata.ownerReferences: pure. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { OwnerReference } from "#proto/gen/k8s/meta/v1.ts";

/** The owner that controls an object, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((reference) => reference.controller === true);
}

/** The reference that makes `owner` the controller of what carries it. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion = "", kind = "", metadata: { name = "", uid = "" } = {} } = owner;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Index keys: the uid of the controlling owner. */
export function controllerUid(object: KubeObject): readonly string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

/** What a controller does with one object that might be its own. */
export type Claim = "owned" | "adopt" | "release" | "foreign";

/**
 * Whether an object belongs to an owner, should be adopted or let go. As Kubernetes' ref manager:
 * an owner that is being deleted adopts nothing, an object that is being deleted is not adopted,
 * and other controllers' objects are left alone.
 */
export function claim(owner: KubeObject, object: KubeObject, matches: boolean): Claim {
  const controller = controllerOf(object);
  if (controller && controller.uid !== owner.metadata?.uid) return "foreign";
  const ownerIsLeaving = owner.metadata?.deletionTimestamp !== undefined;
  if (controller) {
    if (matches) return "owned";
    return ownerIsLeaving ? "foreign" : "release";
  }
  const objectIsLeaving = object.metadata?.deletionTimestamp !== undefined;
  return matches && !ownerIsLeaving && !objectIsLeaving ? "adopt" : "foreign";
}

/** Merge patch that adds the owner; the uid in it refuses an object that was replaced meanwhile. */
export function adoptPatch(owner: KubeObject, object: KubeObject): unknown {
  const references = [...(object.metadata?.ownerReferences ?? []), controllerReference(owner)];
  return { metadata: { uid: object.metadata?.uid, ownerReferences: references } };
}

/** Merge patch that takes the owner away. */
export function releasePatch(owner: KubeObject, object: KubeObject): unknown {
  const references = (object.metadata?.ownerReferences ?? []).filter(
    ({ uid }) => uid !== owner.metadata?.uid,
  );
  return { metadata: { uid: object.metadata?.uid, ownerReferences: references } };
}
