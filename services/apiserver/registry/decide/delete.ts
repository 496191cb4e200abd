/** What a delete does to an object. Pure; follows k8s.io/apiserver pkg/registry/generic. */
import { conflict, type GroupName } from "#libs/api/errors.ts";
import { foregroundFinalizer, orphanFinalizer } from "#libs/api/metadata/validate.ts";
import type { KubeObject, RequestFacts, ResourceDefinition } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import type { DeleteOptions } from "../request.ts";

export type DeleteDecision =
  /** The object goes now; `last` is what clients see of it. */
  | { readonly type: "remove"; readonly last: KubeObject }
  /** The object stays, marked, until somebody else finishes the deletion. */
  | { readonly type: "mark"; readonly draft: KubeObject }
  /** The deletion is on its way and this request adds nothing. */
  | { readonly type: "pending" };

/** Throws a conflict when the object is not the one that the client means. */
export function checkPreconditions(
  resource: GroupName,
  { name = "", uid = "", resourceVersion = "" }: ObjectMeta,
  preconditions: DeleteOptions["preconditions"],
): void {
  const { uid: wanted, resourceVersion: wantedVersion } = preconditions ?? {};
  if (wanted !== undefined && wanted !== uid) {
    const detail = `UID in precondition: ${wanted}, UID in object meta: ${uid}`;
    throw conflict(resource, name, `Precondition failed: ${detail}`);
  }
  if (wantedVersion !== undefined && wantedVersion !== resourceVersion) {
    const detail =
      `ResourceVersion in precondition: ${wantedVersion}, ` +
      `ResourceVersion in object meta: ${resourceVersion}`;
    throw conflict(resource, name, `Precondition failed: ${detail}`);
  }
}

/**
 * Whether a delete removes the object, marks it, or finds it marked already: by grace period,
 * finalizers and propagation policy.
 */
export function decideDelete(
  definition: ResourceDefinition,
  object: KubeObject,
  options: DeleteOptions,
  facts: RequestFacts,
): DeleteDecision {
  const grace = decideGrace(definition, object, options, facts);
  if (grace.type === "pending") return { type: "pending" };
  const before = object.metadata?.finalizers ?? [];
  const finalizers = finalizersAfterDelete(definition, before, options);
  const metadata = { ...(grace.type === "marked" ? grace.metadata : object.metadata) };
  setFinalizers(metadata, finalizers);
  if (grace.type === "immediate") {
    if (finalizers.length === 0) return { type: "remove", last: object };
    const generation = metadata.generation ?? 0;
    const first = metadata.deletionGracePeriodSeconds === undefined;
    if (first && generation > 0) metadata.generation = generation + 1;
    metadata.deletionTimestamp ??= timeText(facts.now);
    metadata.deletionGracePeriodSeconds = 0;
    return { type: "mark", draft: { ...object, metadata } };
  }
  const draft = { ...object, metadata };
  const waits = finalizers.length > 0 || (metadata.deletionGracePeriodSeconds ?? 0) > 0;
  return waits ? { type: "mark", draft } : { type: "remove", last: draft };
}

type Grace =
  /** The kind has no graceful deletion. */
  | { readonly type: "immediate" }
  | { readonly type: "marked"; readonly metadata: ObjectMeta }
  | { readonly type: "pending" };

function decideGrace(
  definition: ResourceDefinition,
  object: KubeObject,
  { gracePeriodSeconds: asked }: DeleteOptions,
  facts: RequestFacts,
): Grace {
  if (definition.gracefulDeletion === undefined) return { type: "immediate" };
  const metadata = object.metadata ?? {};
  const { deletionTimestamp, deletionGracePeriodSeconds: current } = metadata;
  if (deletionTimestamp !== undefined) {
    // Marked to go at once, and still there: whoever did that crashed before the last step.
    if (current === undefined || current === 0) return { type: "immediate" };
    // A pending deletion can only be hurried.
    if (asked === undefined || asked >= current) return { type: "pending" };
    const began = Date.parse(deletionTimestamp) - Number(current) * 1000;
    return {
      type: "marked",
      metadata: {
        ...metadata,
        deletionTimestamp: timeAfter(began, asked),
        deletionGracePeriodSeconds: asked,
      },
    };
  }
  const { gracePeriodSeconds } = definition.gracefulDeletion(object, asked, facts);
  const generation = metadata.generation ?? 0;
  return {
    type: "marked",
    metadata: {
      ...metadata,
      deletionTimestamp: timeAfter(facts.now, gracePeriodSeconds),
      deletionGracePeriodSeconds: gracePeriodSeconds,
      // Controllers behave otherwise for an object that goes: they shall notice.
      ...(generation > 0 ? { generation: generation + 1 } : {}),
    },
  };
}

/** The end of the year 9999: no clock and no client knows a later time. */
const timeMax = 253_402_300_799_000;

/** Seconds may be more than a number holds, though no type says so. */
const timeAfter = (start: number, seconds: number): string =>
  timeText(Math.min(timeMax, start + Number(seconds) * 1000));

/** Finalizers that make the garbage collector treat dependents as the policy says. */
export function finalizersAfterDelete(
  definition: ResourceDefinition,
  finalizers: readonly string[],
  options: DeleteOptions,
): readonly string[] {
  const policy = propagationOf(definition, finalizers, options);
  const own = policy === "Orphan" ? orphanFinalizer : foregroundFinalizer;
  const others = finalizers.filter(
    (finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer,
  );
  if (policy === "Background") return others;
  return finalizers.includes(own) && finalizers.length === others.length + 1
    ? finalizers
    : [...others, own];
}

function propagationOf(
  definition: ResourceDefinition,
  finalizers: readonly string[],
  { orphanDependents, propagationPolicy }: DeleteOptions,
): "Orphan" | "Background" | "Foreground" {
  if (orphanDependents !== undefined) return orphanDependents ? "Orphan" : "Background";
  if (propagationPolicy !== undefined) return propagationPolicy;
  const standing = finalizers.find(
    (finalizer) => finalizer === orphanFinalizer || finalizer === foregroundFinalizer,
  );
  if (standing !== undefined) return standing === orphanFinalizer ? "Orphan" : "Foreground";
  return definition.defaultPropagation === "orphan" ? "Orphan" : "Background";
}

function setFinalizers(metadata: ObjectMeta, finalizers: readonly string[]): void {
  if (finalizers.length === 0) delete metadata.finalizers;
  else metadata.finalizers = [...finalizers];
}

/**
 * True when an update took away the last thing that a deletion was waiting for, so that the object
 * is removed instead of stored.
 */
export function finishesDeletion(draft: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = draft.metadata ?? {};
  if (deletionTimestamp === undefined || finalizers.length > 0) return false;
  // Namespaces have finalizers of their own in the spec.
  const { spec } = draft as { spec?: { finalizers?: readonly string[] } };
  if ((spec?.finalizers?.length ?? 0) > 0) return false;
  return deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0;
}
