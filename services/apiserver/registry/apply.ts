/** Server-side apply: of an object, which it may create, and of a scale. */
import { badRequest } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import { apiVersionOf } from "./cache/version.ts";
import type { RegistryContext } from "./context.ts";
import { createDraft } from "./create.ts";
import { metadataOf } from "./decide/system.ts";
import { checkName, placeInNamespace, readDraft } from "./draft.ts";
import { applyFields } from "./fields.ts";
import type { Body, Caller, Place, WriteOptions, Written } from "./request.ts";
import { expectedScale, scaleOf, scaleVersion, withReplicas } from "./scale.ts";
import { changeObject, type Change } from "./update.ts";

export async function applyObject(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { duplicates } = body;
  if (options.fieldValidation === "Strict" && duplicates.length > 0) {
    throw badRequest(`error strict decoding YAML: ${duplicates.join("\n")}`);
  }
  const build = (old: KubeObject | undefined): KubeObject =>
    appliedDraft(context, caller, place, old, body.value, options);
  const change: Change = {
    verb: "patch",
    build: (current) => build(current.object),
    create:
      place.subresource === ""
        ? () => createDraft(context, caller, place, build(undefined), options)
        : undefined,
  };
  const written = await changeObject(context, caller, place, change, options);
  const odd = options.fieldValidation === "Warn" ? duplicates : [];
  return { ...written, warnings: [...odd, ...written.warnings] };
}

/** The merged object as a draft of its own. */
function appliedDraft(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  old: KubeObject | undefined,
  applied: unknown,
  options: WriteOptions,
): KubeObject {
  const { definition } = place;
  const merged = applyFields(context, caller, place, old, applied, options);
  // What was merged shares parts with the stored object: reading it makes a copy.
  const { object } = readObject(schemaOf(definition.message), structuredClone(merged.object));
  const draft = object as KubeObject;
  checkName(place, draft);
  placeInNamespace(place, draft);
  definition.defaults?.(draft);
  const metadata = metadataOf(draft);
  if (merged.managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = merged.managedFields;
  return draft;
}

/** A scale is applied as the one field of its object that it stands for. */
export async function applyScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { definition } = place;
  const subresource = scaleOf(place);
  const { object: scale, warnings } = readDraft(expectedScale(), body, options.fieldValidation);
  checkName(place, scale);
  const change: Change = {
    verb: "patch",
    create: undefined,
    build: (current) => {
      const applied = withReplicas(
        {
          apiVersion: apiVersionOf(definition),
          kind: definition.kind,
          metadata: { ...scale.metadata },
        },
        subresource,
        scale,
      );
      return appliedDraft(context, caller, place, current.object, applied, options);
    },
  };
  const whole = { ...place, subresource: "" };
  const written = await changeObject(context, caller, whole, change, options);
  const version = scaleVersion(subresource, written.version);
  return { ...written, version, warnings: [...warnings, ...written.warnings] };
}
