/** The entries of metadata.managedFields: who owns what. */
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import { isEmptySet, isFieldSet, sortedSet, union, type FieldSet } from "./fieldset.ts";

/** More updaters than this share entries by version; Kubernetes' bound. */
const updatersMax = 10;
const oldUpdatesManager = "ancient-changes";

/** Who wrote: an entry without its fields and time. */
export interface Writer {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface Ownership extends Writer {
  readonly fields: FieldSet;
  /** RFC 3339, seconds; undefined for an owner that never changed the object. */
  readonly time: string | undefined;
}

/** Owners by `writerId`. */
export type Managed = ReadonlyMap<string, Ownership>;

/** Appliers are the same whatever version they apply. */
export function writerId({ manager, operation, apiVersion, subresource }: Writer): string {
  const version = operation === "Apply" ? "" : apiVersion;
  return JSON.stringify([manager, operation, version, subresource]);
}

type Entries = readonly ManagedFieldsEntry[] | null | undefined;

/** Owners in a stored object: its entries were checked and put in order when they were written. */
export function storedManaged(entries: Entries): Map<string, Ownership> {
  const managed = new Map<string, Ownership>();
  for (const entry of entries ?? []) {
    const owner = ownerOf(entry);
    if (owner === undefined) continue;
    sorted.add(owner.fields);
    managed.set(writerId(owner), owner);
  }
  return managed;
}

/** Owners as a client sends them; undefined when an entry is malformed: none is used then. */
export function sentManaged(entries: Entries): Map<string, Ownership> | undefined {
  const managed = new Map<string, Ownership>();
  for (const entry of entries ?? []) {
    const owner = ownerOf(entry);
    if (owner === undefined || !isFieldSet(owner.fields)) return undefined;
    managed.set(writerId(owner), owner);
  }
  return managed;
}

function ownerOf(entry: ManagedFieldsEntry): Ownership | undefined {
  const { manager = "", operation, apiVersion = "", subresource = "", time } = entry;
  if (operation !== "Apply" && operation !== "Update") return undefined;
  if (apiVersion === "" || entry.fieldsType !== "FieldsV1") return undefined;
  const fields = (entry.fieldsV1 ?? {}) as FieldSet;
  return { manager, operation, apiVersion, subresource, fields, time: time ?? undefined };
}

/** Sets that already stand in Kubernetes' order, so that they are not sorted again. */
const sorted = new WeakSet<FieldSet>();

function inOrder(fields: FieldSet): FieldSet {
  if (sorted.has(fields)) return fields;
  const result = sortedSet(fields);
  sorted.add(result);
  return result;
}

/** Owners of something, in Kubernetes' order; undefined instead of an empty list. */
export function encodeManaged(managed: Managed): ManagedFieldsEntry[] | undefined {
  const owners = [...managed.values()].filter(({ fields }) => !isEmptySet(fields));
  if (owners.length === 0) return undefined;
  return owners.sort(compareOwners).map((owner) => ({
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: "FieldsV1",
    fieldsV1: inOrder(owner.fields) as Record<string, unknown>,
    ...(owner.subresource === "" ? {} : { subresource: owner.subresource }),
  }));
}

const secondsOf = (time: string | undefined) =>
  time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function compareOwners(a: Ownership, b: Ownership): number {
  return (
    compareTexts(a.operation, b.operation) ||
    secondsOf(a.time) - secondsOf(b.time) ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource, b.subresource)
  );
}

/** Merges the oldest updaters of a version into one until no more than the bound are left. */
export function capUpdaters(managed: Map<string, Ownership>): void {
  const updaters = [...managed].filter(([, { operation }]) => operation === "Update");
  if (updaters.length <= updatersMax) return;
  updaters.sort(
    ([idA, a], [idB, b]) => secondsOf(a.time) - secondsOf(b.time) || compareTexts(idA, idB),
  );
  const firsts = new Map<string, string>();
  let count = updaters.length;
  for (const [id, owner] of updaters) {
    if (count <= updatersMax) return;
    const first = firsts.get(owner.apiVersion);
    if (first === undefined) {
      firsts.set(owner.apiVersion, id);
      continue;
    }
    const bucket: Writer = { ...owner, manager: oldUpdatesManager, subresource: "" };
    const bucketId = writerId(bucket);
    const merged = managed.get(bucketId) ?? managed.get(first);
    if (!managed.has(bucketId)) managed.delete(first);
    managed.delete(id);
    const fields = union(owner.fields, merged?.fields ?? {});
    managed.set(bucketId, { ...bucket, fields, time: owner.time });
    count--;
  }
}

/** Gives an owner other fields; one without any is gone. */
export function setFields(
  managed: Map<string, Ownership>,
  id: string,
  owner: Ownership,
  fields: FieldSet,
): void {
  if (isEmptySet(fields)) managed.delete(id);
  else if (fields !== owner.fields || !managed.has(id)) managed.set(id, { ...owner, fields });
}
