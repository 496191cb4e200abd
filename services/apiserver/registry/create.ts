/** Creating an object. */
import {
  alreadyExists,
  generateNameConflict,
  hasReason,
  invalidObject,
  StatusError,
} from "#libs/api/errors.ts";
import { dropDeletion, metadataOf } from "./decide/system.ts";
import type { KubeObject, RequestFacts } from "#libs/api/resource.ts";
import { admitMutation, admitValidation } from "../admission/chain.ts";
import { commitError } from "../store/failure.ts";
import { StoredVersion, type ObjectName } from "./cache/version.ts";
import { factsOf, kindName, resourceName, type RegistryContext } from "./context.ts";
import { prepareCreated, validateCreated } from "./decide/validate.ts";
import { expectedKind, placeInNamespace, readDraft } from "./draft.ts";
import { recordUpdate } from "./fields.ts";
import { liveVersion } from "./read.ts";
import type { Body, Caller, Place, Version, WriteOptions, Written } from "./request.ts";
import { commitWithClaims } from "./claimrecords.ts";
import { claimsOf, type Refused, untilFree } from "./claims.ts";
import { keyOf } from "./caches.ts";
import { mutationOf, storedForm, unstored } from "./transact.ts";

/** Names that are tried before a client is told that none is free. */
const generatedNamesMax = 8;

/** Creates what `body` describes. Throws AlreadyExists, Invalid, or what admission says. */
export async function createObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition } = place;
  const { object, warnings } = readDraft(expectedKind(definition), body, options.fieldValidation);
  const written = await createRead(context, caller, place, object, options);
  return { ...written, warnings: [...warnings, ...written.warnings] };
}

/** Creates an object that was read already, here or by a PUT. */
export async function createRead(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  object: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  refuseResourceVersion(object);
  dropDeletion(object);
  placeInNamespace(place, object);
  place.definition.defaults?.(object);
  const draft = recordUpdate(context, caller, place, undefined, object, options);
  return createDraft(context, caller, place, draft, options);
}

/** Creates a defaulted draft whose managed fields are recorded. */
export async function createDraft(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  draft: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  const { definition } = place;
  const { dryRun } = options;
  await admitMutation(
    context.admission,
    { operation: "create", caller, place, draft, old: undefined, dryRun },
    context.reader,
  );
  const generates = (metadataOf(draft).name ?? "") === "";
  const attemptsMax = generates ? generatedNamesMax : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      const { version, warnings } = await storeNew(context, caller, place, draft, options);
      const own = definition.warnings?.(draft, undefined) ?? [];
      return { code: 201, version, warnings: [...own, ...warnings] };
    } catch (error) {
      if (!generates || !hasReason(error, "AlreadyExists")) throw error;
      if (attempt >= attemptsMax) {
        throw generateNameConflict(resourceName(definition), metadataOf(draft).name ?? "");
      }
      delete metadataOf(draft).name;
    }
  }
}

/** Kubernetes answers so, without a reason; "0" and what is no number count as none. */
function refuseResourceVersion(object: KubeObject): void {
  const resourceVersion = object.metadata?.resourceVersion ?? "";
  if (!/^0*[1-9]\d*$/.test(resourceVersion)) return;
  throw new StatusError(500, "", "resourceVersion should not be set on objects to be created");
}

async function storeNew(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  draft: KubeObject,
  { dryRun }: WriteOptions,
): Promise<{ readonly version: Version; readonly warnings: readonly string[] }> {
  const { definition } = place;
  const { world } = context;
  const facts = factsOf(context, caller, place, "create");
  prepareCreated(definition, draft, facts, {
    now: facts.now,
    uid: world.uuid(),
    random: () => world.random(),
  });
  const write = (refused?: Refused) =>
    storePrepared(context, caller, place, draft, facts, { dryRun, refused });
  return keyOf(definition) === "services" && !dryRun ? untilFree(draft, write) : write();
}

async function storePrepared(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  draft: KubeObject,
  facts: RequestFacts,
  { dryRun, refused }: { readonly dryRun: boolean; readonly refused: Refused | undefined },
): Promise<{ readonly version: Version; readonly warnings: readonly string[] }> {
  const { definition } = place;
  const { namespace = "", name = "" } = metadataOf(draft);
  const release = claimsOf(context, definition, draft, undefined, refused);
  try {
    const errors = validateCreated(definition, draft, facts);
    if (errors.length > 0) throw invalidObject(kindName(definition), name, errors);
    definition.canonicalize?.(draft);
    const warnings = await admitValidation(
      context.admission,
      { operation: "create", caller, place, draft, old: undefined, dryRun },
      context.reader,
    );
    const key = { namespace, name };
    if (dryRun) return { version: await dryCreate(context, place, draft, key), warnings };
    return { version: await commitNew(context, place, draft, key), warnings };
  } finally {
    release();
  }
}

async function dryCreate(
  context: RegistryContext,
  { definition }: Place,
  draft: KubeObject,
  { namespace, name }: ObjectName,
): Promise<Version> {
  const existing = await liveVersion(context, definition, namespace, name);
  if (existing !== undefined) throw existsError(definition, existing);
  return unstored(definition, draft, 0);
}

async function commitNew(
  context: RegistryContext,
  { definition }: Place,
  draft: KubeObject,
  key: ObjectName,
): Promise<Version> {
  const form = storedForm(context, definition, draft, key);
  const mutation = mutationOf(form, "put", undefined);
  const response = await commitWithClaims(context, definition, mutation, undefined, draft);
  if (response.failure === "COMMIT_FAILURE_EXISTS" && response.current !== undefined) {
    const { value, revision } = response.current;
    const existing = new StoredVersion(form.definition, key, value, revision);
    throw existsError(definition, existing);
  }
  const error = commitError(response, resourceName(definition), key.name);
  if (error !== undefined) throw error;
  const version = new StoredVersion(form.definition, key, form.value, response.revision);
  return context.caches.of(definition).offer(version).as(definition);
}

/** Says when the name is taken by an object that is about to go. */
function existsError(definition: Place["definition"], existing: StoredVersion): StatusError {
  const error = alreadyExists(resourceName(definition), existing.name);
  if (existing.object.metadata?.deletionTimestamp === undefined) return error;
  const message = `object is being deleted: ${error.message}`;
  return new StatusError(error.code, error.reason, message, error.status.details);
}
