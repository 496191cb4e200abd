/** The state in memory: every living key, and the versions that the history window holds. */
import type { Key } from "#proto/gen/kubus/store/v1.ts";
import { type KeyHead, type View, type Write, keyText } from "../decide.ts";
import { type LogPosition, startOfLog } from "../log/position.ts";
import { Expiry } from "./expiry.ts";
import { type BatchMark, History } from "./history.ts";
import { Slabs } from "./slabs.ts";
import { SortedEntries } from "./sorted.ts";
import { type Change, type Entry, type Table, type Version, sortKeyOf } from "./versions.ts";

export interface Window {
  /** Milliseconds that a change stays readable at least, unless there are too many. */
  readonly historyMsMax: number;
  /** Changes that stay readable. */
  readonly historyCountMax: number;
}

/** A record as a snapshot gives it back. */
export interface Restored {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly revision: number;
  readonly partition: string;
  readonly confidential: boolean;
  readonly expiresAtMs: number;
}

/** The log and the memory disagree: nothing that follows can be trusted. */
export class BrokenInvariantError extends Error {
  override readonly name = "BrokenInvariantError";
}

/** Partitions of a resource whose last revision is remembered, beside those in the window. */
const partitionsMax = 10_000;
/** Batches that one call of `compact` drops at most, so that it stays short. */
const compactBatchesMax = 256;

export class StoreMemory implements View {
  readonly expiry = new Expiry();
  readonly history = new History();
  readonly tables = new Map<string, Table>();
  readonly #window: Window;
  readonly #slabs = new Slabs();
  readonly #outcomes = new Map<string, number>();
  #revision = 0;
  #floor = 0;
  #floorPosition = startOfLog;
  #cuttableBytes = 0;
  #pinned = Number.POSITIVE_INFINITY;
  #batchRequestIds: string[] = [];
  #valueBytes = 0;
  #keys = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /** Revision of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** Lowest revision at which can be read, and after which changes can be asked for. */
  get floor(): number {
    return this.#floor;
  }

  /** Where the log stands at the floor: reading on from there gives the whole window. */
  get floorPosition(): LogPosition {
    return this.#floorPosition;
  }

  /** Bytes of the log that a snapshot at the floor would make superfluous. */
  get cuttableBytes(): number {
    return this.#cuttableBytes;
  }

  /** Keys that are there now. */
  get keyCount(): number {
    return this.#keys;
  }

  /** Bytes of the values of the keys that are there now. */
  get valueBytes(): number {
    return this.#valueBytes;
  }

  /** Revision with which a commit of this id ended, when it is inside the window. */
  outcomeOf(requestId: string): number | undefined {
    return this.#outcomes.get(requestId);
  }

  find({ group, resource, namespace, name }: Key): Entry | undefined {
    return this.tables.get(tableText(group, resource))?.byKey.get(sortKeyOf(namespace, name));
  }

  head(key: Key): KeyHead | undefined {
    const newest = this.find(key)?.newest;
    return newest?.value ? newest : undefined;
  }

  table(group: string, resource: string): Table | undefined {
    return this.tables.get(tableText(group, resource));
  }

  /** Applies one write; its revision must be above all before it. Close each batch. */
  apply(write: Write): Change {
    const { key, revision, type } = write;
    if (revision <= this.#revision) {
      throw new BrokenInvariantError(`revision ${revision} comes after ${this.#revision}`);
    }
    const table = this.#tableFor(key.group, key.resource);
    const sortKey = sortKeyOf(key.namespace, key.name);
    const found = table.byKey.get(sortKey);
    const before = found?.living ? found.newest : undefined;
    if ((before === undefined) !== (type === "MUTATION_TYPE_CREATE")) {
      throw new BrokenInvariantError(`${type} of ${keyText(key)} at revision ${revision}`);
    }
    const version = versionOf(write, before, found?.newest);
    this.#slabs.hold(version);
    const entry = found ?? this.#enter(table, sortKey, key, version);
    if (found) this.#renew(found, version);
    this.expiry.note(entry, found ? version.previous : undefined);
    this.#valueBytes += (version.value?.length ?? 0) - (before?.value?.length ?? 0);
    this.#revision = revision;
    const change = this.#follow(table, entry, version, before);
    this.history.add(change);
    if (write.requestId !== "") {
      this.#outcomes.set(write.requestId, revision);
      this.#batchRequestIds.push(write.requestId);
    }
    return change;
  }

  /** Ends a batch of writes, and lets go of what is beyond the window. */
  closeBatch(mark: Omit<BatchMark, "lastRevision" | "requestIds">, nowMs: number): void {
    const requestIds = this.#batchRequestIds;
    this.#batchRequestIds = [];
    this.history.close({ ...mark, lastRevision: this.#revision, requestIds });
    this.compact(nowMs);
  }

  /** Raises the floor to what the window allows, a bounded step at a time. */
  compact(nowMs: number): void {
    const { historyMsMax, historyCountMax } = this.#window;
    for (let dropped = 0; dropped < compactBatchesMax; dropped += 1) {
      const { oldestBatch, newestBatch, count } = this.history;
      if (!oldestBatch || oldestBatch === newestBatch) return;
      const isOld = nowMs - oldestBatch.timeMs > historyMsMax;
      if (!isOld && count <= historyCountMax) return;
      if (oldestBatch.lastRevision > this.#pinned) return;
      this.history.dropBatch((change) => this.#forget(change));
      for (const id of oldestBatch.requestIds) this.#outcomes.delete(id);
      this.#floor = oldestBatch.lastRevision;
      this.#floorPosition = oldestBatch.position;
      this.#cuttableBytes += oldestBatch.bytes;
    }
  }

  /** Keeps the floor where it is, for a snapshot of it. Call what is returned when it is done. */
  pin(): (outcome: "complete" | "abandoned") => void {
    const bytes = this.#cuttableBytes;
    this.#pinned = this.#floor;
    return (outcome) => {
      this.#pinned = Number.POSITIVE_INFINITY;
      if (outcome === "complete") this.#cuttableBytes -= bytes;
    };
  }

  /** Puts a record of a snapshot back. Only before the first write; then call `restored`. */
  restore(record: Restored): void {
    const { key } = record;
    const table = this.#tableFor(key.group, key.resource);
    const sortKey = sortKeyOf(key.namespace, key.name);
    if (table.byKey.has(sortKey)) throw new BrokenInvariantError(`${keyText(key)} comes twice`);
    const { createRevision, revision, partition, confidential, expiresAtMs } = record;
    const { value } = record;
    const version: Version = {
      revision,
      createRevision,
      value,
      slab: undefined,
      partition,
      confidential,
      expiresAtMs,
      previous: undefined,
    };
    this.#slabs.hold(version);
    const entry = this.#enter(table, sortKey, key, version);
    this.expiry.note(entry, undefined);
    this.#valueBytes += value.length;
  }

  /** Last revision of a resource and of its partitions, as the snapshot had them. */
  restoreHeads(
    group: string,
    resource: string,
    revision: number,
    prunedRevision: number,
    partitions: Iterable<readonly [string, number]>,
  ): void {
    const table = this.#tableFor(group, resource);
    table.prunedRevision = prunedRevision;
    table.revision = revision;
    table.floorRevision = revision;
    for (const [partition, head] of partitions) {
      table.partitions.set(partition, head);
      table.floorPartitions.set(partition, head);
    }
  }

  /** The snapshot is complete: it was the state after this revision, at this place of the log. */
  restored(revision: number, position: LogPosition): void {
    this.#revision = revision;
    this.#floor = revision;
    this.#floorPosition = position;
  }

  #tableFor(group: string, resource: string): Table {
    const text = tableText(group, resource);
    const found = this.tables.get(text);
    if (found) return found;
    const table: Table = {
      group,
      resource,
      byKey: new Map(),
      sorted: new SortedEntries<Entry>(),
      revision: 0,
      partitions: new Map(),
      prunedRevision: 0,
      pruneAbove: partitionsMax,
      floorRevision: 0,
      floorPartitions: new Map(),
    };
    this.tables.set(text, table);
    return table;
  }

  #enter(table: Table, sortKey: string, key: Key, newest: Version): Entry {
    const entry: Entry = { sortKey, key, table, living: true, newest };
    table.byKey.set(sortKey, entry);
    table.sorted.insert(entry);
    this.#keys += 1;
    return entry;
  }

  #renew(entry: Entry, version: Version): void {
    entry.newest = version;
    const isLiving = version.value !== undefined;
    if (isLiving === entry.living) return;
    entry.living = isLiving;
    this.#keys += isLiving ? 1 : -1;
    entry.table.sorted.noteLiveness(entry);
  }

  /** Moves the heads of the resource and its partitions on. */
  #follow(table: Table, entry: Entry, version: Version, before: Version | undefined): Change {
    const { revision, partition } = version;
    const headOf = (name: string) => table.partitions.get(name) ?? table.prunedRevision;
    const isMoved = before !== undefined && before.partition !== partition;
    const change: Change = {
      revision,
      entry,
      version,
      previousResourceRevision: table.revision,
      previousPartitionRevision: headOf(partition),
      moved: isMoved
        ? { from: before.partition, previousRevision: headOf(before.partition) }
        : undefined,
    };
    table.revision = revision;
    table.partitions.set(partition, revision);
    if (isMoved) table.partitions.set(before.partition, revision);
    if (table.partitions.size > table.pruneAbove) prune(table);
    return change;
  }

  /** Nobody can ask for what was there before the change any more. */
  #forget({ entry, version, moved, revision }: Change): void {
    const { table } = entry;
    table.floorRevision = revision;
    table.floorPartitions.set(version.partition, revision);
    if (moved) table.floorPartitions.set(moved.from, revision);
    if (version.previous) this.#slabs.release(version.previous);
    version.previous = undefined;
    if (version.value !== undefined || entry.newest !== version) return;
    table.byKey.delete(entry.sortKey);
    table.sorted.remove(entry);
  }
}

/**
 * Forgets the partitions without a change in the window: nodes come and go. What is told of them
 * is then a later revision than the true one, but none in the window.
 */
function prune(table: Table): void {
  for (const [partition, revision] of table.partitions) {
    if (revision > table.floorRevision) continue;
    table.partitions.delete(partition);
    table.prunedRevision = Math.max(table.prunedRevision, revision);
  }
  for (const partition of table.floorPartitions.keys()) {
    if (!table.partitions.has(partition)) table.floorPartitions.delete(partition);
  }
  table.pruneAbove = Math.max(partitionsMax, 2 * table.partitions.size);
}

const tableText = (group: string, resource: string) => `${group}/${resource}`;

function versionOf(
  write: Write,
  before: Version | undefined,
  previous: Version | undefined,
): Version {
  const { type, revision, partition, confidential, expiresAtMs } = write;
  return {
    revision,
    createRevision: before?.createRevision ?? revision,
    value: type === "MUTATION_TYPE_DELETE" ? undefined : write.value,
    slab: undefined,
    partition,
    confidential,
    expiresAtMs,
    previous,
  };
}
