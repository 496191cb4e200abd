/** Who wrote which field: managedFields of every write. */
import { apply, type Applied } from "#libs/api/managedfields/apply.ts";
import { parentEntries, scaleEntries } from "#libs/api/managedfields/scale.ts";
import { trackUpdate } from "#libs/api/managedfields/update.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { timeText } from "#libs/api/time.ts";
import { schemaOf } from "#libs/schema/index.ts";
import type { RegistryContext } from "./context.ts";
import { otherVersionsOf, resetFieldsOf } from "./forms.ts";
import { metadataOf } from "./decide/system.ts";
import type { Caller, Place, WriteOptions } from "./request.ts";

/**
 * Records what the writer changed, in the draft. Comes before admission: what plugins add belongs
 * to nobody.
 */
export function recordUpdate(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  old: KubeObject | undefined,
  draft: KubeObject,
  options: WriteOptions,
): KubeObject {
  const managedFields = trackUpdate({
    ...writerOf(context, caller, place, options),
    live: old,
    updated: draft,
  });
  const metadata = metadataOf(draft);
  if (managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  return draft;
}

/** Merges an applied configuration into the stored object. Throws what refuses it. */
export function applyFields(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  old: KubeObject | undefined,
  applied: unknown,
  options: WriteOptions,
): Applied {
  return apply({
    ...writerOf(context, caller, place, options),
    kind: place.definition.kind,
    force: options.force ?? false,
    live: old,
    applied,
  });
}

/** Records a written Scale in the entries of its object; the draft is the object, in place. */
export function recordScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  old: KubeObject,
  scales: { readonly before: KubeObject; readonly after: KubeObject },
  draft: KubeObject,
  options: WriteOptions,
): KubeObject {
  const { subresource, ...writer } = scaleWriter(context, caller, place, options);
  const before = withScaleEntries(place, old, scales.before);
  const tracked = trackUpdate({
    ...writer,
    subresource,
    live: before,
    updated: { ...scales.after, metadata: before.metadata ?? {} },
  });
  return withParentEntries(place, old, tracked, draft);
}

/** Merges an applied Scale; the answer's object is the Scale. */
export function applyScaleFields(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  old: KubeObject,
  scale: KubeObject,
  applied: unknown,
  options: WriteOptions,
): Applied {
  return apply({
    ...scaleWriter(context, caller, place, options),
    kind: "Scale",
    force: options.force ?? false,
    live: withScaleEntries(place, old, scale),
    applied,
  });
}

/** The object's entries after its Scale has got those. In place. */
export function withParentEntries(
  { definition, subresource }: Place,
  old: KubeObject,
  entries: Applied["managedFields"],
  draft: KubeObject,
): KubeObject {
  const replicasPath = replicasPathOf(definition, subresource);
  const resource = { apiVersion: apiVersionOf(definition), replicasPath };
  const managedFields = parentEntries(old.metadata?.managedFields, entries, resource);
  const metadata = metadataOf(draft);
  if (managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  return draft;
}

function withScaleEntries(
  { definition, subresource }: Place,
  old: KubeObject,
  scale: KubeObject,
): KubeObject {
  const path = replicasPathOf(definition, subresource);
  const managedFields = scaleEntries(old.metadata?.managedFields, path);
  if (managedFields === undefined) return scale;
  return { ...scale, metadata: { ...scale.metadata, managedFields } };
}

function replicasPathOf({ subresources }: ResourceDefinition, name: string): string {
  const found = subresources.find((subresource) => subresource.name === name);
  return found?.type === "scale" ? found.specReplicasPath : "spec.replicas";
}

function scaleWriter(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  options: WriteOptions,
) {
  const { manager, time, subresource } = writerOf(context, caller, place, options);
  const schema = schemaOf("k8s.autoscaling.v1.Scale");
  return { schema, manager, time, subresource, apiVersion: "autoscaling/v1" };
}

function writerOf(
  { world, caches }: RegistryContext,
  caller: Caller,
  { definition, subresource }: Place,
  { fieldManager }: WriteOptions,
) {
  return {
    schema: schemaOf(definition.message),
    manager: fieldManager ?? caller.manager,
    apiVersion: apiVersionOf(definition),
    subresource,
    time: timeText(world.now()),
    resetFields: resetFieldsOf(definition, subresource),
    versions: otherVersionsOf(caches, definition, subresource),
  };
}
