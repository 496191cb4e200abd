/** Deleting one object, or all that selectors match. */
import { notFound } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { Namespace } from "#proto/gen/k8s/core/v1.ts";
import { admitMutation, admitValidation } from "../admission/chain.ts";
import { keyOf } from "./caches.ts";
import { factsOf, resourceName, type RegistryContext } from "./context.ts";
import { checkPreconditions, decideDelete, finalizersAfterDelete } from "./decide/delete.ts";
import { listVersions } from "./read.ts";
import type {
  Caller,
  Deleted,
  DeleteOptions,
  Listed,
  ListOptions,
  Place,
  Version,
} from "./request.ts";
import { transact, type Outcome, type Transacted } from "./transact.ts";

/** Deletes of one collection that are under way at a time. */
const collectionParallelMax = 16;

/** Kinds whose delete answers the object; the others answer a Status (Kubernetes' registries). */
const answersObject: ReadonlySet<string> = new Set([
  "pods",
  "services",
  "serviceaccounts",
  "podtemplates",
  "persistentvolumes",
  "persistentvolumeclaims",
  "resourcequotas",
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "storageclasses.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
  "deviceclasses.resource.k8s.io",
  "resourceclaims.resource.k8s.io",
  "resourceclaimtemplates.resource.k8s.io",
  "resourceslices.resource.k8s.io",
]);

/** Deletes or marks one object. Throws NotFound, or Conflict for preconditions that do not hold. */
export async function deleteObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  options: DeleteOptions,
): Promise<Deleted> {
  const written = await removeOrMark(context, caller, place, options);
  return answerOf(place.definition, written, warningsOf(place.definition, options));
}

/** Some kinds leave their dependents alone where a client might not expect it. */
function warningsOf({ propagationWarning }: ResourceDefinition, options: DeleteOptions): string[] {
  const isSaid = (options.propagationPolicy ?? options.orphanDependents) !== undefined;
  return isSaid || propagationWarning === undefined ? [] : [propagationWarning];
}

async function removeOrMark(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  options: DeleteOptions,
): Promise<Transacted> {
  const { definition, namespace, name } = place;
  const { dryRun } = options;
  const request = { operation: "delete", caller, place, draft: undefined, dryRun } as const;
  await admitMutation(context.admission, { ...request, old: undefined }, context.reader);
  const decide = async (current: Version | undefined): Promise<Outcome> => {
    if (current === undefined) throw notFound(resourceName(definition), name);
    const { object } = current;
    checkPreconditions(resourceName(definition), object.metadata ?? {}, options.preconditions);
    await admitValidation(context.admission, { ...request, old: object }, context.reader);
    return decideOutcome(context, caller, place, object, options);
  };
  return transact(context, { definition, key: { namespace, name }, dryRun, decide });
}

function decideOutcome(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  object: KubeObject,
  options: DeleteOptions,
): Outcome {
  const { definition } = place;
  const facts = factsOf(context, caller, place, "delete");
  if (keyOf(definition) === "namespaces") {
    return deleteNamespace(definition, object, options, facts.now);
  }
  const decision = decideDelete(definition, object, options, facts);
  switch (decision.type) {
    case "pending":
      return { type: "keep" };
    case "mark":
      return { type: "put", draft: decision.draft };
    case "remove":
      return { type: "remove", last: decision.last, isMarked: decision.last !== object };
  }
}

/** A namespace empties first: it is marked, and goes when its own finalizers are gone. */
function deleteNamespace(
  definition: ResourceDefinition,
  object: KubeObject,
  options: DeleteOptions,
  now: number,
): Outcome {
  const { metadata = {}, spec, status } = object as Namespace;
  if (metadata.deletionTimestamp === undefined) {
    const finalizers = finalizersAfterDelete(definition, metadata.finalizers ?? [], options);
    const marked = { ...metadata, deletionTimestamp: timeText(now) };
    if (finalizers.length > 0) marked.finalizers = [...finalizers];
    const draft = {
      ...object,
      metadata: marked,
      status: { ...status, phase: "Terminating" },
    };
    return { type: "put", draft };
  }
  const waits = (spec?.finalizers?.length ?? 0) > 0 || (metadata.finalizers?.length ?? 0) > 0;
  return waits ? { type: "keep" } : { type: "remove", last: object, isMarked: false };
}

function answerOf(
  definition: ResourceDefinition,
  written: Transacted,
  warnings: readonly string[],
): Deleted {
  const { version, revision, outcome } = written;
  if (outcome !== "remove" || answersObject.has(keyOf(definition))) {
    return { type: "object", version, warnings, revision };
  }
  const { name = "", uid = "" } = version.object.metadata ?? {};
  const { group, plural } = definition;
  const details = { name, ...(group === "" ? {} : { group }), kind: plural, uid };
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  return { type: "status", status, warnings, revision };
}

/** Answers the objects as they were listed; objects that vanish meanwhile are no failure. */
export async function deleteCollection(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  list: ListOptions,
  options: DeleteOptions,
): Promise<Listed> {
  const listed = await listVersions(context, place, list);
  const waiting = [...listed.versions];
  const deleteSome = async (): Promise<void> => {
    for (let version = waiting.shift(); version !== undefined; version = waiting.shift()) {
      await deleteListed(context, caller, place, version, options);
    }
  };
  const workers = Math.min(collectionParallelMax, waiting.length);
  await Promise.all(Array.from({ length: workers }, deleteSome));
  return { ...listed, warnings: warningsOf(place.definition, options) };
}

async function deleteListed(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  { object }: Version,
  options: DeleteOptions,
): Promise<void> {
  const { namespace = "", name = "" } = object.metadata ?? {};
  try {
    await removeOrMark(context, caller, { ...place, namespace, name }, options);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === 404)) throw error;
  }
}
