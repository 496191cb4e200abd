/** Reading: get and list, at the freshness that the client asks for. */
import { badRequest, expired, notFound, StatusError, timeout } from "#libs/api/errors.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { WatchCache } from "./cache/cache.ts";
import { versionOfRecord, type StoredVersion } from "./cache/version.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { decodeContinue, encodeContinue, type ContinuePosition } from "./continue.ts";
import type { Listed, ListOptions, Place, ReadOptions, Version } from "./request.ts";
import { compileSelection, type Selection } from "./selection.ts";

/** Kubernetes' patience with a revision that has not come yet. */
const freshWaitMs = 3000;
/** Records asked of the store at a time when selectors drop some of them. */
const storePageLimit = 500;

/** One object, as fresh as `resourceVersion` asks. Throws NotFound. */
export async function getVersion(
  context: RegistryContext,
  { definition, namespace, name }: Place,
  { resourceVersion = "" }: ReadOptions,
): Promise<Version> {
  const cache = context.caches.of(definition);
  await refresh(cache, resourceVersion);
  const version = cache.get(namespace, name);
  if (version === undefined) throw notFound(resourceName(definition), name);
  return version.as(definition);
}

/** Waits until the cache is as new as the resourceVersion asks. */
export async function refresh(cache: WatchCache, resourceVersion: string): Promise<void> {
  if (resourceVersion === "0") return;
  if (resourceVersion === "") {
    await cache.catchUp();
    return;
  }
  const revision = parseRevision(resourceVersion);
  if (await cache.waitFor(revision, freshWaitMs)) return;
  throw tooLargeError(revision, cache.revision);
}

function tooLargeError(revision: number, current: number): StatusError {
  const message = `Too large resource version: ${revision}, current: ${current}`;
  const { status } = timeout(message, 1);
  const cause = { reason: "ResourceVersionTooLarge", message: "Too large resource version" };
  return new StatusError(504, "Timeout", status.message ?? "", {
    ...status.details,
    causes: [cause],
  });
}

/** Of an object that is written: Kubernetes answers without a reason when it is no number. */
export function writtenRevision(resourceVersion: string): number {
  if (/^\d+$/.test(resourceVersion)) return Number(resourceVersion);
  const text = `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`;
  throw new StatusError(500, "", text);
}

/** Throws BadRequest for what is not a revision. */
function parseRevision(resourceVersion: string): number {
  if (/^\d+$/.test(resourceVersion)) return Number(resourceVersion);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: "${resourceVersion}": ` +
      `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`,
  );
}

/**
 * A list or a page of it. Throws BadRequest for what is no revision or token, Expired (410) for
 * a revision that is forgotten, and 504 for one that does not come.
 */
export async function listVersions(
  context: RegistryContext,
  place: Place,
  options: ListOptions,
): Promise<Listed> {
  const selection = compileSelection(place, options);
  const { resourceVersion = "", resourceVersionMatch = "" } = options;
  // What comes from a cache as it is comes whole.
  const asked = resourceVersion === "0" ? { ...options, limit: 0 } : options;
  if ((options.continue ?? "") !== "") return continueList(context, place, asked, selection);
  const cache = context.caches.of(place.definition);
  // Pages at a revision are of that revision, where clients do not say how they mean it.
  const isRevision = resourceVersion !== "" && resourceVersion !== "0";
  const isPaged = asked.limit > 0 && isRevision && resourceVersionMatch === "";
  if (resourceVersionMatch === "Exact" || isPaged) {
    const revision = parseRevision(resourceVersion);
    const start = { revision, after: { namespace: place.namespace, name: "" } };
    return listAtRevision(context, place, asked, selection, start);
  }
  await refresh(cache, resourceVersion);
  return listFromCache(cache, place, asked, selection);
}

function listFromCache(
  cache: WatchCache,
  { definition, namespace }: Place,
  { limit }: ListOptions,
  selection: Selection,
): Listed {
  const versions: Version[] = [];
  const revision = cache.revision;
  let last: StoredVersion | undefined;
  let rest = 0;
  for (const stored of candidates(cache, namespace, selection)) {
    // A full page is continued when anything is left, whether or not it will match.
    if (limit > 0 && versions.length >= limit) {
      rest += 1;
      if (!selection.everything) break;
      continue;
    }
    if (!selection.matches(stored)) continue;
    versions.push(stored.as(definition));
    last = stored;
  }
  return {
    versions,
    resourceVersion: String(revision),
    continue: rest > 0 && last ? encodeContinue({ revision, after: last }, namespace) : "",
    remainingItemCount: rest > 0 && selection.everything ? rest : undefined,
  };
}

/** A selection of one name needs no walk through the others. */
function candidates(
  cache: WatchCache,
  namespace: string,
  { name }: Selection,
): Iterable<StoredVersion> {
  const lone = name !== undefined && (namespace !== "" || cache.definition.scope === "Cluster");
  if (!lone) return cache.values(namespace);
  const version = cache.get(namespace, name);
  return version === undefined ? [] : [version];
}

async function continueList(
  context: RegistryContext,
  place: Place,
  options: ListOptions,
  selection: Selection,
): Promise<Listed> {
  const { resourceVersion = "" } = options;
  if (resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest("specifying resource version is not allowed when using continue");
  }
  const position = decodeContinue(options.continue ?? "", place.namespace);
  return listAtRevision(context, place, options, selection, position);
}

/** Pages at a revision come from the store, which remembers; a revision below 0 is the head. */
async function listAtRevision(
  context: RegistryContext,
  place: Place,
  { limit }: ListOptions,
  selection: Selection,
  start: ContinuePosition,
): Promise<Listed> {
  const stored = context.caches.storedIn(place.definition);
  const versions: Version[] = [];
  let { after } = start;
  let revision = Math.max(start.revision, 0);
  for (;;) {
    const missing = limit > 0 ? limit - versions.length : 0;
    const page = await context.store.list({
      group: stored.group,
      resource: stored.plural,
      namespace: place.namespace,
      afterNamespace: after.name === "" ? "" : after.namespace,
      afterName: after.name,
      limit: selection.everything ? missing : limit > 0 ? storePageLimit : 0,
      revision,
    });
    if (page.failure !== "READ_FAILURE_UNSPECIFIED") {
      throw readError(page.failure, start, place, after, page.revision);
    }
    revision = page.revision;
    for (const [index, record] of page.records.entries()) {
      if (limit > 0 && versions.length >= limit) {
        return pageOf(versions, revision, place.namespace, after, undefined);
      }
      const version = versionOfRecord(stored, record);
      if (!selection.matches(version)) continue;
      versions.push(version.as(place.definition));
      after = { namespace: version.namespace, name: version.name };
      const isLast = index === page.records.length - 1;
      if (selection.everything && versions.length === limit && isLast && page.more) {
        return pageOf(versions, revision, place.namespace, after, page.remaining);
      }
    }
    const last = page.records.at(-1)?.key;
    if (!page.more || last === undefined) break;
    after = { namespace: last.namespace, name: last.name };
  }
  return pageOf(versions, revision, place.namespace, undefined, undefined);
}

function pageOf(
  versions: readonly Version[],
  revision: number,
  namespace: string,
  after: ContinuePosition["after"] | undefined,
  remainingItemCount: number | undefined,
): Listed {
  const token = after === undefined ? "" : encodeContinue({ revision, after }, namespace);
  return { versions, resourceVersion: String(revision), continue: token, remainingItemCount };
}

function readError(
  failure: string,
  start: ContinuePosition,
  place: Place,
  after: ContinuePosition["after"],
  head: number,
): StatusError {
  if (failure === "READ_FAILURE_FUTURE") return tooLargeError(start.revision, head);
  if (failure !== "READ_FAILURE_COMPACTED") return badRequest(`the list was refused: ${failure}`);
  if (after.name === "") {
    return expired("The resourceVersion for the provided list is too old.");
  }
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can " +
      "start a new list without the continue parameter, or use the continue token in this " +
      "response to retrieve the remainder of the results. Continuing with the provided token " +
      "results in an inconsistent list - objects that were created, modified, or deleted between " +
      "the time the first chunk was returned and now may show up in the list.",
  );
  const token = encodeContinue({ revision: -1, after }, place.namespace);
  error.status.metadata = { continue: token };
  return error;
}

/** What the store itself has now, where a cache that may be behind will not do. */
export async function liveVersion(
  context: RegistryContext,
  definition: ResourceDefinition,
  namespace: string,
  name: string,
): Promise<StoredVersion | undefined> {
  const stored = context.caches.storedIn(definition);
  const key = { group: stored.group, resource: stored.plural, namespace, name };
  const { record } = await context.store.get(key);
  return record === undefined ? undefined : versionOfRecord(stored, record);
}
