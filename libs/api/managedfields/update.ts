/** managedFields after a create, update or patch. */
import { readObject } from "#libs/schema/index.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import type { KubeObject } from "../resource.ts";
import { changesNothing, compareObjects, exclude, touched } from "./compare.ts";
import {
  capUpdaters,
  encodeManaged,
  sentManaged,
  storedManaged,
  writerId,
  type Ownership,
  type Writer,
} from "./entries.ts";
import { isEmptySet, union, type FieldSet } from "./fieldset.ts";
import { conflictsOf, takeFields, tracked } from "./owners.ts";
import { shapeOf } from "./shape.ts";
import { comparisonsOf, resetSet, type OtherVersions } from "./versions.ts";

export interface UpdateInput {
  readonly schema: MessageSchema;
  /** The stored object; undefined on create. */
  readonly live: KubeObject | undefined;
  /** The object as the writer wants it: decoded, defaulted, not yet changed by admission. */
  readonly updated: KubeObject;
  /** Field manager of the request. */
  readonly manager: string;
  readonly apiVersion: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** RFC 3339 with seconds, as metav1.Time. */
  readonly time: string;
  /** Paths that this writer can never own: `status` for the object, `spec` for its status. */
  readonly resetFields?: readonly string[] | undefined;
  /** Undefined where there is one version alone. */
  readonly versions?: OtherVersions | undefined;
}

/**
 * The entries to store with `updated`; undefined for none. Follows kube-apiserver's field manager:
 * the writer owns what it added or changed, others lose what was changed or removed; entries that
 * the writer sent are taken as the state before, except through a subresource; `[]` and `[{}]`
 * end the tracking of the object until it is applied. Nothing is changed in place.
 */
export function trackUpdate(input: UpdateInput): ManagedFieldsEntry[] | undefined {
  const { schema, live, updated, manager, apiVersion, subresource, time } = input;
  const managed = managedBefore(input);
  // An object whose tracking was ended is not tracked again by updates.
  if (managed.size === 0 && live !== undefined) return undefined;
  const writer: Writer = { manager, operation: "Update", apiVersion, subresource };
  const reset = resetSet(input.resetFields);
  recordUpdate(
    managed,
    { schema, from: live ?? emptyObject(schema), to: updated, reset, versions: input.versions },
    {
      ...writer,
      time,
    },
  );
  capUpdaters(managed);
  return encodeManaged(managed);
}

/** A change from one state of an object to another. */
export interface ObjectChange {
  readonly schema: MessageSchema;
  readonly from: KubeObject;
  readonly to: KubeObject;
  readonly reset: FieldSet;
  readonly versions: OtherVersions | undefined;
}

/** Records an update in place: what was written goes to the writer, besides what it had before. */
export function recordUpdate(
  managed: Map<string, Ownership>,
  { schema, from, to, reset, versions }: ObjectChange,
  writer: Writer & { readonly time: string | undefined },
): void {
  const compared = compareObjects(shapeOf(schema), untrackedAway(from), untrackedAway(to));
  const comparison = exclude(compared, reset);
  if (changesNothing(comparison)) return;
  const id = writerId(writer);
  const previous = managed.get(id);
  const comparisons = comparisonsOf(comparison, { from, to }, versions);
  takeFields(managed, comparisons, conflictsOf(managed, comparisons, ""), "");
  const written = tracked(touched(comparison), reset);
  if (isEmptySet(written)) return;
  const kept = managed.get(id)?.fields ?? {};
  const fields = isEmptySet(kept) ? written : union(kept, written);
  managed.set(id, { ...(previous ?? writer), ...writer, fields });
}

/** Comparing entries with entries would cost more than all the rest; they are never tracked. */
function untrackedAway(object: KubeObject): KubeObject {
  const { metadata } = object;
  if (metadata?.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...kept } = metadata;
  return { ...object, metadata: kept };
}

function managedBefore({ live, updated, subresource }: UpdateInput): Map<string, Ownership> {
  const stored = live?.metadata?.managedFields;
  const sent = updated.metadata?.managedFields;
  if (subresource !== "" || sent === stored) return storedManaged(stored);
  if (asksForReset(sent)) return new Map();
  const decoded = sentManaged(sent);
  return decoded === undefined || decoded.size === 0 ? storedManaged(stored) : decoded;
}

function asksForReset(sent: readonly ManagedFieldsEntry[] | null | undefined): boolean {
  if (sent === undefined || sent === null) return false;
  if (sent.length === 0) return true;
  const [first] = sent;
  return sent.length === 1 && first !== undefined && Object.keys(first).length === 0;
}

const emptyObjects = new WeakMap<MessageSchema, KubeObject>();

/** What an object is compared with when there was none: one with nothing set. */
export function emptyObject(schema: MessageSchema): KubeObject {
  const known = emptyObjects.get(schema);
  if (known !== undefined) return known;
  const { object } = readObject(schema, {});
  emptyObjects.set(schema, object);
  return object;
}
