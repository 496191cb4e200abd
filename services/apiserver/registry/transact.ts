/**
 * Read, decide, write with the revision that was read; again when somebody else was faster. The
 * decision is made on the cached version first, and on the stored one before it is refused.
 */
import type { Holdings } from "#libs/api/core/v1/services/allocation.ts";
import { conflict } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { CommitResponse, Mutation } from "#proto/gen/kubus/store/v1.ts";
import { commitError } from "../store/failure.ts";
import {
  codecOfDefinition,
  StoredVersion,
  UnstoredVersion,
  versionOfRecord,
  withTypeAndRevision,
  type ObjectName,
} from "./cache/version.ts";
import { commitWithClaims, TakenError } from "./claimrecords.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { liveVersion } from "./read.ts";
import type { Version } from "./request.ts";

const attemptsMax = 10;

/** What is to happen to one object, in the form in which a client gave it. */
export type Outcome =
  | { readonly type: "put"; readonly draft: KubeObject }
  | {
      readonly type: "remove";
      readonly last: KubeObject;
      /** `last` differs from what is stored: watchers see it before it goes, as in Kubernetes. */
      readonly isMarked: boolean;
    }
  /** Nothing changes. */
  | { readonly type: "keep" };

export interface Transacted {
  readonly outcome: Outcome["type"];
  readonly created: boolean;
  /** The object as it is now, or as it was when it was removed. */
  readonly version: Version;
  /** Of the write; of what was read when nothing was written. */
  readonly revision: number;
}

/** Somebody else wrote first. */
interface Race {
  readonly outcome: "race";
  /** What is stored now. */
  readonly current: StoredVersion | undefined;
}

export interface Transaction {
  readonly definition: ResourceDefinition;
  readonly key: ObjectName;
  readonly dryRun: boolean;
  /** Throws what refuses the write. May be called again with a newer object. */
  readonly decide: (current: Version | undefined) => Outcome | Promise<Outcome>;
  /** Somebody else has what the object was to get: the next decision has to know. */
  readonly onTaken?: (taken: Holdings) => void;
}

/** Reads, decides and commits with the revision that was read, until nobody was faster; bounded. */
export async function transact(
  context: RegistryContext,
  transaction: Transaction,
): Promise<Transacted> {
  const { definition, key } = transaction;
  const { namespace, name } = key;
  let current = context.caches.of(definition).get(namespace, name);
  let fresh = false;
  if (current === undefined) {
    current = await liveVersion(context, definition, namespace, name);
    fresh = true;
  }
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const decided = await decideOn(transaction, current, fresh);
    if (decided === "stale" || (decided.type === "keep" && !fresh)) {
      const live = await liveVersion(context, definition, namespace, name);
      fresh = true;
      if (decided === "stale" || live?.revision !== current?.revision) {
        current = live;
        continue;
      }
    }
    const outcome = decided as Outcome;
    const written = await carryOut(context, transaction, current, outcome);
    if (written.outcome !== "race") return written;
    current = written.current;
    fresh = true;
  }
  throw conflict(resourceName(definition), name);
}

/** "stale" when the decision was a refusal of an object that may be outdated. */
async function decideOn(
  { definition, decide }: Transaction,
  current: StoredVersion | undefined,
  fresh: boolean,
): Promise<Outcome | "stale"> {
  try {
    return await decide(current?.as(definition));
  } catch (error) {
    if (fresh) throw error;
    return "stale";
  }
}

async function carryOut(
  context: RegistryContext,
  transaction: Transaction,
  current: StoredVersion | undefined,
  outcome: Outcome,
): Promise<Transacted | Race> {
  const { definition, dryRun } = transaction;
  const created = current === undefined;
  if (outcome.type === "keep") {
    if (current === undefined) throw new TypeError("nothing cannot be kept");
    const version = current.as(definition);
    return { outcome: "keep", created: false, version, revision: current.revision };
  }
  const object = outcome.type === "put" ? outcome.draft : outcome.last;
  if (dryRun) {
    const revision = current?.revision ?? 0;
    const version = unstored(definition, object, revision);
    return { outcome: outcome.type, created, version, revision };
  }
  if (outcome.type === "remove" && outcome.isMarked) {
    const marked = await write(context, transaction, current, { type: "put", object });
    if (marked.outcome === "race") return marked;
    const removed = await write(context, transaction, marked.stored, { type: "remove", object });
    // Whoever finished the deletion in between did what was asked.
    const isGone = removed.outcome === "race" && removed.current === undefined;
    return isGone ? { ...marked, outcome: "remove" } : removed;
  }
  return write(context, transaction, current, { type: outcome.type, object });
}

interface Stored extends Transacted {
  readonly stored: StoredVersion;
}

/** One commit of one mutation. */
async function write(
  context: RegistryContext,
  { definition, key, onTaken }: Transaction,
  current: StoredVersion | undefined,
  { type, object }: { readonly type: "put" | "remove"; readonly object: KubeObject },
): Promise<Stored | Race> {
  const form = storedForm(context, definition, object, key);
  const response = await commitWrite(context, form, current, { type, object });
  if (response instanceof TakenError) {
    onTaken?.(response.taken);
    const { namespace, name } = key;
    return { outcome: "race", current: await liveVersion(context, definition, namespace, name) };
  }
  if (isRace(response)) {
    const { current: record } = response;
    const newer = record === undefined ? undefined : versionOfRecord(form.definition, record);
    return { outcome: "race", current: newer };
  }
  const error = commitError(response, resourceName(definition), key.name);
  if (error !== undefined) throw error;
  const { revision } = response;
  const version = new StoredVersion(form.definition, key, form.value, revision);
  const stored = type === "put" ? context.caches.of(definition).offer(version) : version;
  const created = current === undefined;
  return { outcome: type, created, version: stored.as(definition), revision, stored };
}

async function commitWrite(
  context: RegistryContext,
  form: StoredForm,
  current: StoredVersion | undefined,
  { type, object }: { readonly type: "put" | "remove"; readonly object: KubeObject },
): Promise<CommitResponse | TakenError> {
  const mutation = mutationOf(form, type, current);
  const next = type === "put" ? object : undefined;
  try {
    return await commitWithClaims(context, form.definition, mutation, current?.object, next);
  } catch (error) {
    if (error instanceof TakenError) return error;
    throw error;
  }
}

const isRace = ({ failure }: CommitResponse): boolean =>
  failure === "COMMIT_FAILURE_REVISION_MISMATCH" ||
  failure === "COMMIT_FAILURE_EXISTS" ||
  failure === "COMMIT_FAILURE_NOT_FOUND";

/** A dry run's answer has the resourceVersion of what is stored, or none when nothing is. */
export function unstored(
  definition: ResourceDefinition,
  object: KubeObject,
  revision: number,
): Version {
  const codec = codecOfDefinition(definition);
  const { resourceVersion: _resourceVersion, ...metadata } = object.metadata ?? {};
  // In the form in which it would come back from the store.
  const fields = codec.decode(codec.encode({ ...object, metadata }));
  const answer = withTypeAndRevision(definition, fields, revision);
  return new UnstoredVersion(definition, answer, revision);
}

export interface StoredForm {
  readonly definition: ResourceDefinition;
  readonly key: ObjectName;
  readonly value: Uint8Array;
  readonly partition: string;
}

/** Bytes without resourceVersion, in the form of the resource that they are stored in. */
export function storedForm(
  context: RegistryContext,
  definition: ResourceDefinition,
  object: KubeObject,
  key: ObjectName,
): StoredForm {
  const stored = context.caches.storedIn(definition);
  const converted = definition.storedAs?.toStored(object) ?? object;
  const { resourceVersion: _resourceVersion, ...metadata } = converted.metadata ?? {};
  const bare = { ...converted, metadata };
  return {
    definition: stored,
    key,
    value: codecOfDefinition(stored).encode(bare),
    partition: stored.partition?.(bare) ?? "",
  };
}

/** One write for the store, which takes it only when the object is still `current`. */
export function mutationOf(
  { definition, key, value, partition }: StoredForm,
  type: "put" | "remove",
  current: StoredVersion | undefined,
): Mutation {
  const { group, plural, confidential, ttlSeconds } = definition;
  const removes = type === "remove";
  const creates = current === undefined;
  return {
    type: removes
      ? "MUTATION_TYPE_DELETE"
      : creates
        ? "MUTATION_TYPE_CREATE"
        : "MUTATION_TYPE_UPDATE",
    key: { group, resource: plural, namespace: key.namespace, name: key.name },
    value: removes ? new Uint8Array() : value,
    expectedRevision: current?.revision ?? 0,
    partition,
    confidential,
    ttlSeconds: removes ? 0 : ttlSeconds,
  };
}
