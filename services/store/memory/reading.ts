/** Answers from the memory: one key, lists, changes, heads. Pure but for reading it. */
import type {
  ChangesRequest,
  ChangesResponse,
  GetRequest,
  GetResponse,
  HeadRequest,
  HeadResponse,
  ListRequest,
  ListResponse,
  ReadFailure,
  Record as StoredRecord,
} from "#proto/gen/kubus/store/v1.ts";
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import type { StoreMemory } from "./memory.ts";
import {
  type Change,
  type Entry,
  type Table,
  type Version,
  justAfter,
  livedAt,
  rangeOf,
  sortKeyOf,
  versionAt,
} from "./versions.ts";

/** What a record takes beside its value, in bytes. */
const recordOverheadBytes = 300;
const noBytes = new Uint8Array(0);

export function readOne(memory: StoreMemory, { key, revision }: GetRequest): GetResponse {
  const failure = key?.resource && key.name ? failureAt(memory, revision) : invalid;
  if (failure || !key)
    return { record: undefined, revision: memory.revision, failure: failure ?? invalid };
  const at = revision || memory.revision;
  const entry = memory.find(key);
  const version = entry && versionAt(entry, at);
  const record = entry && version?.value ? recordOf(entry, version) : undefined;
  return { record, revision: at, failure: none };
}

/** Records in key order, as many as `limit` and `bytesMax` allow, but at least one. */
export function readList(
  memory: StoreMemory,
  request: ListRequest,
  bytesMax: number,
): ListResponse {
  const { group, resource, namespace, limit, revision } = request;
  const failure = resource === "" ? invalid : failureAt(memory, revision);
  const at = revision || memory.revision;
  const records: StoredRecord[] = [];
  if (failure) return { records, revision: memory.revision, more: false, remaining: 0, failure };

  const table = memory.table(group, resource);
  if (!table) return { records, revision: at, more: false, remaining: 0, failure: none };
  const range = rangeOf(namespace);
  const start = startOf(request, range.from);
  let bytes = 0;
  for (const entry of table.sorted.from(start)) {
    if (entry.sortKey >= range.to) break;
    const version = versionAt(entry, at);
    if (!version?.value) continue;
    bytes += version.value.length + recordOverheadBytes;
    const isFull = (limit > 0 && records.length >= limit) || bytes > bytesMax;
    if (isFull && records.length > 0) {
      const remaining = countLivingAt(memory, table, entry.sortKey, range.to, at);
      return { records, revision: at, more: true, remaining, failure: none };
    }
    records.push(recordOf(entry, version));
  }
  return { records, revision: at, more: false, remaining: 0, failure: none };
}

/** Changes after a revision, oldest first, as many as `bytesMax` allows, but at least one. */
export function readChanges(
  memory: StoreMemory,
  request: ChangesRequest,
  bytesMax: number,
): ChangesResponse {
  const { group, resource, partition, afterRevision, withConfidential } = request;
  const answer = { revision: memory.revision, floor: memory.floor };
  const failure = resource === "" ? invalid : changesFailure(memory, afterRevision);
  if (failure) return { changes: [], ...answer, more: false, failure };

  const table = memory.table(group, resource);
  const found = table ? changesAfter(memory, table, partition, afterRevision) : [];
  const changes: ObjectChanged[] = [];
  let bytes = 0;
  for (const change of found) {
    bytes += (change.version.value?.length ?? 0) + recordOverheadBytes;
    if (bytes > bytesMax && changes.length > 0) {
      return { changes, ...answer, more: true, failure: none };
    }
    changes.push(describeChange(change, partition, withConfidential));
  }
  return { changes, ...answer, more: false, failure: none };
}

export function readHead(memory: StoreMemory, { group, resource }: HeadRequest): HeadResponse {
  const { revision, floor } = memory;
  const resourceRevision = memory.table(group, resource)?.revision ?? 0;
  return { revision, resourceRevision, floor, failure: none };
}

/**
 * A change as it is told. Seen from the partition that the object left, it carries that
 * partition's revisions, so that the subscribers of it notice gaps.
 * @param partition the one it is told to; empty: to all of the resource
 */
export function describeChange(
  change: Change,
  partition: string,
  withConfidential: boolean,
): ObjectChanged {
  const { entry, version, revision, moved } = change;
  const { group, resource, namespace, name } = entry.key;
  const isLeaver = moved !== undefined && partition !== "" && partition === moved.from;
  const withheld = version.confidential && version.value !== undefined && !withConfidential;
  return {
    type: typeOf(version),
    group,
    resource,
    namespace,
    name,
    partition: version.partition,
    revision,
    createRevision: version.createRevision,
    previousResourceRevision: change.previousResourceRevision,
    previousPartitionRevision: isLeaver ? moved.previousRevision : change.previousPartitionRevision,
    value: withheld ? noBytes : (version.value ?? noBytes),
    withheld,
    previousPartition: moved?.from ?? "",
    metadataOnly: false,
  };
}

const none: ReadFailure = "READ_FAILURE_UNSPECIFIED";
const invalid: ReadFailure = "READ_FAILURE_INVALID";

function failureAt(memory: StoreMemory, revision: number): ReadFailure | undefined {
  if (revision === 0) return undefined;
  if (revision > memory.revision) return "READ_FAILURE_FUTURE";
  return revision < memory.floor ? "READ_FAILURE_COMPACTED" : undefined;
}

function changesFailure(memory: StoreMemory, afterRevision: number): ReadFailure | undefined {
  if (afterRevision > memory.revision) return "READ_FAILURE_FUTURE";
  return afterRevision < memory.floor ? "READ_FAILURE_COMPACTED" : undefined;
}

const typeOf = ({ value, revision, createRevision }: Version) => {
  if (value === undefined) return "CHANGE_TYPE_DELETED";
  return revision === createRevision ? "CHANGE_TYPE_CREATED" : "CHANGE_TYPE_UPDATED";
};

const recordOf = ({ key }: Entry, version: Version): StoredRecord => ({
  key,
  value: version.value ?? noBytes,
  createRevision: version.createRevision,
  revision: version.revision,
  partition: version.partition,
});

function startOf({ afterNamespace, afterName }: ListRequest, from: string): string {
  if (afterNamespace === "" && afterName === "") return from;
  const after = justAfter(sortKeyOf(afterNamespace, afterName));
  return after > from ? after : from;
}

/** Follows the chain of revisions back: costs what it finds, however much else happened. */
function changesAfter(
  memory: StoreMemory,
  table: Table,
  partition: string,
  afterRevision: number,
): Change[] {
  const found: Change[] = [];
  const head = partition === "" ? table.revision : (table.partitions.get(partition) ?? 0);
  for (let revision = head; revision > afterRevision;) {
    const change = memory.history.find(revision);
    if (!change) throw new Error(`revision ${revision} is not in the window`);
    found.push(change);
    const { moved } = change;
    const isLeaver = moved?.from === partition;
    revision =
      partition === ""
        ? change.previousResourceRevision
        : isLeaver
          ? moved.previousRevision
          : change.previousPartitionRevision;
  }
  return found.reverse();
}

/** Keys `from` ≤ key < `to` that were there at a revision: today's, put right by the changes. */
function countLivingAt(
  memory: StoreMemory,
  table: Table,
  from: string,
  to: string,
  revision: number,
): number {
  let count = table.sorted.countLiving(from, to);
  const seen = new Set<Entry>();
  for (const { entry } of changesAfter(memory, table, "", revision)) {
    if (entry.sortKey < from || entry.sortKey >= to || seen.has(entry)) continue;
    seen.add(entry);
    count += Number(livedAt(entry, revision)) - Number(entry.living);
  }
  return count;
}
