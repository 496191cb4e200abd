/** What the server alone sets in the metadata of an object. Pure; drafts are changed in place. */
import { generateName } from "#libs/api/names.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { equalValues } from "../equal.ts";

/** An object whose metadata is there; it is made when it was missing. */
export function metadataOf(object: KubeObject): ObjectMeta {
  object.metadata ??= {};
  return object.metadata;
}

/** A new object is not about to go, whatever a client says. */
export function dropDeletion(draft: KubeObject): void {
  const metadata = metadataOf(draft);
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
}

export interface Creation {
  readonly now: number;
  readonly uid: string;
  readonly random: () => number;
}

/** Fills uid, times and name of a new object and drops what a client cannot give. */
export function stampCreation(
  definition: ResourceDefinition,
  draft: KubeObject,
  { now, uid, random }: Creation,
): void {
  const metadata = metadataOf(draft);
  delete metadata.selfLink;
  delete metadata.resourceVersion;
  metadata.uid = uid;
  metadata.creationTimestamp = timeText(now);
  if (definition.countsGeneration) metadata.generation = 1;
  if ((metadata.name ?? "") === "" && (metadata.generateName ?? "") !== "") {
    metadata.name = generateName(metadata.generateName ?? "", random);
  }
}

/** Carries over what an update can never change. */
export function keepIdentity(draft: KubeObject, old: KubeObject): void {
  const metadata = metadataOf(draft);
  const before = old.metadata ?? {};
  delete metadata.selfLink;
  copyField(metadata, before, "generation");
  copyField(metadata, before, "creationTimestamp");
  if ((metadata.uid ?? "") === "") copyField(metadata, before, "uid");
  // A deletion that has begun cannot be taken back or put off.
  if (before.deletionTimestamp !== undefined) copyField(metadata, before, "deletionTimestamp");
  if (metadata.deletionGracePeriodSeconds === undefined) {
    copyField(metadata, before, "deletionGracePeriodSeconds");
  }
}

function copyField<Field extends keyof ObjectMeta>(
  to: ObjectMeta,
  from: ObjectMeta,
  field: Field,
): void {
  if (from[field] === undefined) delete to[field];
  else to[field] = from[field];
}

/** Counts a change of the spec, unless the resource's own preparation did so already. */
export function countGeneration(
  definition: ResourceDefinition,
  draft: KubeObject,
  old: KubeObject,
): void {
  if (!definition.countsGeneration) return;
  const metadata = metadataOf(draft);
  const before = old.metadata?.generation ?? 0;
  if (metadata.generation !== undefined && metadata.generation > before) return;
  const { spec } = draft as { spec?: unknown };
  const { spec: specBefore } = old as { spec?: unknown };
  if (!equalValues(spec, specBefore)) metadata.generation = before + 1;
}

/**
 * True when nothing but the times of managed fields differs: such a write changes nothing and
 * keeps its resourceVersion.
 */
export function changesNothing(draft: KubeObject, old: KubeObject): boolean {
  return equalValues(withoutTimes(draft), withoutTimes(old));
}

function withoutTimes(object: KubeObject): KubeObject {
  const { metadata, ...rest } = object;
  const { resourceVersion: _resourceVersion, managedFields, ...kept } = metadata ?? {};
  const entries = managedFields?.map(({ time: _time, ...entry }) => entry);
  return { ...rest, metadata: { ...kept, ...(entries ? { managedFields: entries } : {}) } };
}
