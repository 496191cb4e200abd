/** Keys, their versions, and the changes that made them: the shapes of the store's memory. */
import type { Key } from "#proto/gen/kubus/store/v1.ts";
import type { Slab } from "./slabs.ts";
import type { SortedEntries, SortedEntry } from "./sorted.ts";

/**
 * One version of one key; never changed, but cut off from versions that no reader can ask for, and
 * its bytes may move.
 */
export interface Version {
  readonly revision: number;
  readonly createRevision: number;
  /** Undefined for a tombstone. Only `Slabs` sets it, to the same bytes elsewhere. */
  value: Uint8Array | undefined;
  /** The message that the bytes are a part of; undefined when they are by themselves. */
  slab: Slab | undefined;
  readonly partition: string;
  readonly confidential: boolean;
  /** Milliseconds since 1970; 0 never. */
  readonly expiresAtMs: number;
  /** The version before it, while the window holds a revision at which it was the newest. */
  previous: Version | undefined;
}

/** One key that lives, or died inside the window. */
export interface Entry extends SortedEntry {
  readonly key: Key;
  readonly table: Table;
  living: boolean;
  newest: Version;
}

/** All keys of one resource. */
export interface Table {
  readonly group: string;
  readonly resource: string;
  readonly byKey: Map<string, Entry>;
  readonly sorted: SortedEntries<Entry>;
  /** Revision of the last change of the resource. */
  revision: number;
  /** The same for each partition; of those that are left out it is `prunedRevision` at most. */
  readonly partitions: Map<string, number>;
  prunedRevision: number;
  /** So many partitions are remembered before the next look for some to leave out. */
  pruneAbove: number;
  /** Both as they were at the floor. */
  floorRevision: number;
  readonly floorPartitions: Map<string, number>;
}

/** What one write did. */
export interface Change {
  readonly revision: number;
  readonly entry: Entry;
  readonly version: Version;
  readonly previousResourceRevision: number;
  readonly previousPartitionRevision: number;
  /** The partition that the object left, and the change before in it. */
  readonly moved: { readonly from: string; readonly previousRevision: number } | undefined;
}

/** A namespace sorts before every longer one that starts with it. */
const separator = "\u0000";
const afterSeparator = "\u0001";
const afterEverything = "\uffff";

/** Order of lists: namespace, then name. */
export const sortKeyOf = (namespace: string, name: string): string =>
  `${namespace}${separator}${name}`;

/** Keys `from` ≤ key < `to` of one namespace, or of all when it is empty. */
export const rangeOf = (namespace: string): { readonly from: string; readonly to: string } =>
  namespace === ""
    ? { from: "", to: afterEverything }
    : { from: `${namespace}${separator}`, to: `${namespace}${afterSeparator}` };

/** The first key after one. */
export const justAfter = (sortKey: string): string => `${sortKey}${separator}`;

/** The version that was the newest at a revision inside the window; undefined before the first. */
export function versionAt(entry: Entry, revision: number): Version | undefined {
  let version: Version | undefined = entry.newest;
  while (version && version.revision > revision) version = version.previous;
  return version;
}

/** Whether the key was there at a revision inside the window. */
export const livedAt = (entry: Entry, revision: number): boolean =>
  versionAt(entry, revision)?.value !== undefined;
