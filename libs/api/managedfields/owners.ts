/** How a change of the object changes who owns what. */
import { touched } from "./compare.ts";
import { setFields, type Ownership } from "./entries.ts";
import {
  difference,
  intersection,
  isEmptySet,
  recursiveDifference,
  type FieldSet,
} from "./fieldset.ts";
import type { Comparisons } from "./versions.ts";

/** Never tracked: what identifies an object and what the server keeps for itself. */
const untracked: FieldSet = {
  "f:apiVersion": {},
  "f:kind": {},
  "f:metadata": {
    ".": {},
    "f:name": {},
    "f:namespace": {},
    "f:creationTimestamp": {},
    "f:selfLink": {},
    "f:uid": {},
    "f:clusterName": {},
    "f:generation": {},
    "f:managedFields": {},
    "f:resourceVersion": {},
  },
};

/** What may be tracked of a set. */
export function tracked(fields: FieldSet, reset: FieldSet): FieldSet {
  const kept = difference(fields, untracked);
  return isEmptySet(reset) ? kept : recursiveDifference(kept, reset);
}

/** Fields that others own and the change touches. */
export function conflictsOf(
  managed: ReadonlyMap<string, Ownership>,
  comparisons: Comparisons,
  writer: string,
): Map<string, FieldSet> {
  const conflicts = new Map<string, FieldSet>();
  for (const [id, { apiVersion, fields }] of managed) {
    if (id === writer) continue;
    const written = touched(comparisons(apiVersion));
    if (isEmptySet(written)) continue;
    const shared = intersection(fields, written);
    if (!isEmptySet(shared)) conflicts.set(id, shared);
  }
  return conflicts;
}

/** Takes from all but the writer what the change overwrote or removed. */
export function takeFields(
  managed: Map<string, Ownership>,
  comparisons: Comparisons,
  conflicts: ReadonlyMap<string, FieldSet>,
  writer: string,
): void {
  for (const [id, owner] of [...managed]) {
    if (id === writer) continue;
    const lost = conflicts.get(id);
    const left = lost === undefined ? owner.fields : difference(owner.fields, lost);
    const { removed } = comparisons(owner.apiVersion);
    const kept = isEmptySet(removed) ? left : difference(left, removed);
    setFields(managed, id, owner, kept);
  }
}
