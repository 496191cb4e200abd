/** Replacing an object or a part of it (PUT), and the steps that patches share. */
import type { Holdings } from "#libs/api/core/v1/services/allocation.ts";
import { conflict, invalid, invalidObject, notFound, StatusError } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { admitMutation, admitValidation } from "../admission/chain.ts";
import { claimsOf, nothingRefused, noteRefused } from "./claims.ts";
import { factsOf, kindName, resourceName, type RegistryContext } from "./context.ts";
import { createRead } from "./create.ts";
import { finishesDeletion } from "./decide/delete.ts";
import { changesNothing, metadataOf } from "./decide/system.ts";
import { prepareUpdated, validateUpdated, type PartSubresource } from "./decide/validate.ts";
import { checkName, expectedKind, placeInNamespace, readDraft } from "./draft.ts";
import { recordUpdate } from "./fields.ts";
import { writtenRevision } from "./read.ts";
import type { Body, Caller, Place, Version, WriteOptions, Written } from "./request.ts";
import { transact, type Outcome } from "./transact.ts";

/** Replaces an object. Throws Conflict when `body` names an older resourceVersion than it has. */
export async function updateObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition } = place;
  const read = readDraft(expectedKind(definition), body, options.fieldValidation);
  checkName(place, read.object);
  placeInNamespace(place, read.object);
  definition.defaults?.(read.object);
  const { uid: givenUid = "" } = metadataOf(read.object);
  const change: Change = {
    verb: "update",
    build: (current) => {
      refuseOtherUid(place, givenUid, current);
      const copy = structuredClone(read.object);
      return recordUpdate(context, caller, place, current.object, copy, options);
    },
    create:
      definition.createOnUpdate && place.subresource === ""
        ? () => createRead(context, caller, place, structuredClone(read.object), options)
        : undefined,
  };
  const written = await changeObject(context, caller, place, change, options);
  return { ...written, warnings: [...read.warnings, ...written.warnings] };
}

/** How a PUT or patch makes the new object out of the stored one. */
export interface Change {
  readonly verb: "update" | "patch";
  /** A draft of its own, defaulted, with managed fields recorded. May be called again. */
  readonly build: (current: Version) => KubeObject | Promise<KubeObject>;
  /** Makes the object when there is none yet. */
  readonly create: (() => Promise<Written>) | undefined;
}

/** Makes one change of a stored object: `Change` says how to get from the old one to the new. */
export async function changeObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  change: Change,
  options: WriteOptions,
): Promise<Written> {
  const { definition, namespace, name } = place;
  let warnings: readonly string[] = [];
  let release = (): void => undefined;
  const refused = nothingRefused();
  const decide = async (current: Version | undefined): Promise<Outcome> => {
    release();
    if (current === undefined) throw new MissingObject(definition, name);
    const given = await change.build(current);
    const old = current.object;
    checkResourceVersion(definition, given, current);
    const { verb } = change;
    const admitted = { operation: "update", verb, caller, place, draft: given, old } as const;
    const { dryRun } = options;
    await admitMutation(context.admission, { ...admitted, dryRun }, context.reader);
    const facts = factsOf(context, caller, place, verb);
    const part = partOf(place);
    const draft = prepareUpdated(definition, part, given, old, facts);
    release = claimsOf(context, definition, draft, old, dryRun ? undefined : refused);
    const errors = validateUpdated(definition, part, draft, old, facts);
    if (errors.length > 0) throw invalidObject(kindName(definition), name, errors);
    definition.canonicalize?.(draft);
    const admission = { ...admitted, draft, dryRun };
    const told = await admitValidation(context.admission, admission, context.reader);
    warnings = [...(definition.warnings?.(draft, old) ?? []), ...told];
    if (finishesDeletion(draft)) return { type: "remove", last: draft, isMarked: false };
    return changesNothing(draft, old) ? { type: "keep" } : { type: "put", draft };
  };
  try {
    const key = { namespace, name };
    const onTaken = (taken: Holdings) => noteRefused(refused, taken);
    const transaction = { definition, key, dryRun: options.dryRun, decide, onTaken };
    const { version } = await transact(context, transaction);
    return { code: 200, version, warnings };
  } catch (error) {
    if (!(error instanceof MissingObject) || change.create === undefined) throw error;
    return change.create();
  } finally {
    release();
  }
}

/** A 404 that a PUT to some kinds turns into a create. */
class MissingObject extends StatusError {
  constructor(definition: ResourceDefinition, name: string) {
    const { code, reason, message, status } = notFound(resourceName(definition), name);
    super(code, reason, message, status.details);
  }
}

/** The part of the object that a subresource writes; undefined for the whole. */
export function partOf({ definition, subresource }: Place): PartSubresource | undefined {
  if (subresource === "") return undefined;
  const found = definition.subresources.find(({ name }) => name === subresource);
  if (found?.type !== "part") throw notFound(resourceName(definition), subresource);
  return found;
}

function refuseOtherUid(
  { definition, namespace, name }: Place,
  given: string,
  { object }: Version,
): void {
  const stored = object.metadata?.uid ?? "";
  if (given === "" || given === stored) return;
  const path = [definition.plural, namespace, name].filter((part) => part !== "").join("/");
  const detail =
    `StorageError: invalid object, Code: 4, Key: /registry/${path}, ResourceVersion: 0, ` +
    "AdditionalErrorMsg: Precondition failed: " +
    `UID in precondition: ${given}, UID in object meta: ${stored}`;
  throw conflict(resourceName(definition), name, detail);
}

/** The version that the writer saw must be the stored one, where it names one or has to. */
function checkResourceVersion(
  definition: ResourceDefinition,
  draft: KubeObject,
  current: Version,
): void {
  const name = metadataOf(draft).name ?? "";
  const given = metadataOf(draft).resourceVersion ?? "";
  const revision = given === "" ? 0 : writtenRevision(given);
  if (revision === 0) {
    if (definition.unconditionalUpdate) return;
    const path = "metadata.resourceVersion";
    const error = invalid(path, 0, "must be specified for an update");
    throw invalidObject(resourceName(definition), name, [error]);
  }
  if (revision !== current.revision) throw conflict(resourceName(definition), name);
}
