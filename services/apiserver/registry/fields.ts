/** Who wrote which field: managedFields of every write. */
import { apply, type Applied } from "#libs/api/managedfields/apply.ts";
import { trackUpdate } from "#libs/api/managedfields/update.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { schemaOf } from "#libs/schema/index.ts";
import { apiVersionOf } from "./cache/version.ts";
import type { RegistryContext } from "./context.ts";
import { metadataOf, timeText } from "./decide/system.ts";
import type { Caller, Place, WriteOptions } from "./request.ts";

/**
 * Records what the writer changed, in the draft. Comes before admission: what plugins add belongs to
 * nobody.
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

function writerOf(
  { world }: RegistryContext,
  caller: Caller,
  { definition, subresource }: Place,
  { fieldManager }: WriteOptions,
) {
  const part = definition.subresources.find(({ name }) => name === subresource);
  return {
    schema: schemaOf(definition.message),
    manager: fieldManager ?? caller.manager,
    apiVersion: apiVersionOf(definition),
    subresource,
    time: timeText(world.now()),
    resetFields: part?.type === "part" ? part.resetFields : definition.resetFields,
  };
}
