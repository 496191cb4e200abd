/**
 * Entries of a resource as entries of its Scale and back: whoever owns the replicas of the one owns
 * `spec.replicas` of the other.
 */
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import { encodeManaged, storedManaged, type Ownership } from "./entries.ts";
import { difference, fieldSetOfPaths, intersection, isEmptySet, union } from "./fieldset.ts";

const scaleVersion = "autoscaling/v1";
const scaleReplicas = fieldSetOfPaths(["spec.replicas"]);

type Entries = readonly ManagedFieldsEntry[] | undefined;

/** What the Scale of a resource has in metadata.managedFields while it is written. */
export function scaleEntries(
  parent: Entries,
  replicasPath: string,
): ManagedFieldsEntry[] | undefined {
  const replicas = fieldSetOfPaths([withoutDot(replicasPath)]);
  const owners = ownersOf(parent).filter(({ fields }) => owns(fields, replicas));
  const translated = owners.map((owner): [string, Ownership] => [
    keyOf(owner),
    { ...owner, apiVersion: scaleVersion, fields: scaleReplicas },
  ]);
  return encodeManaged(new Map(translated));
}

/**
 * Entries of the resource after its Scale was written: owners of the replicas that the Scale no
 * longer names lose them, new ones appear.
 */
export function parentEntries(
  parent: Entries,
  scale: Entries,
  resource: { readonly apiVersion: string; readonly replicasPath: string },
): ManagedFieldsEntry[] | undefined {
  const replicas = fieldSetOfPaths([withoutDot(resource.replicasPath)]);
  const owners = new Map(
    ownersOf(scale)
      .filter(({ fields }) => owns(fields, scaleReplicas))
      .map((owner) => [keyOf(owner), owner]),
  );
  const result = new Map<string, Ownership>();
  for (const entry of ownersOf(parent)) {
    const kept = difference(entry.fields, replicas);
    const fields = owners.has(keyOf(entry)) ? union(kept, replicas) : kept;
    if (!isEmptySet(fields)) result.set(keyOf(entry), { ...entry, fields });
  }
  const { apiVersion } = resource;
  for (const [key, owner] of owners) {
    // Kubernetes knows the times of the resource's own entries only.
    const fresh = { ...owner, apiVersion, fields: replicas, time: undefined };
    if (!result.has(key)) result.set(key, fresh);
  }
  return encodeManaged(result);
}

const ownersOf = (entries: Entries) => [...storedManaged(entries).values()];

const owns = (fields: Ownership["fields"], replicas: Ownership["fields"]) =>
  !isEmptySet(intersection(fields, replicas));

/** Versions differ between a resource and its Scale; the writer is the same. */
const keyOf = ({ manager, operation, subresource }: Ownership) =>
  JSON.stringify([manager, operation, subresource]);

/** Custom resources write the path as `.spec.replicas`. */
const withoutDot = (path: string) => path.replace(/^\./, "");
