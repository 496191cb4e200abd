/** Server-side apply: of an object, which it may create, and of a scale. */
import { badRequest, conflict } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { createDraft } from "./create.ts";
import { metadataOf } from "./decide/system.ts";
import { checkName, placeInNamespace } from "./draft.ts";
import { applyFields, applyScaleFields, withParentEntries } from "./fields.ts";
import type { Body, Caller, Place, WriteOptions, Written } from "./request.ts";
import { scaleObject, scaleOf, scaleVersion, withScale } from "./scaleform.ts";
import { changeObject, type Change } from "./update.ts";

/**
 * Applies the fields of `body` in the name of the caller's manager; creates the object when there
 * is none. Throws Conflict when others own fields that it would change, unless forced.
 */
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
        ? () => createApplied(context, caller, place, build(undefined), options)
        : undefined,
  };
  const written = await changeObject(context, caller, place, change, options);
  const odd = options.fieldValidation === "Warn" ? duplicates : [];
  return { ...written, warnings: [...odd, ...written.warnings] };
}

async function createApplied(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  draft: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  const uid = metadataOf(draft).uid ?? "";
  if (uid !== "") {
    const why =
      `uid mismatch: the provided object specified uid ${uid}, ` +
      "and no existing object was found";
    throw conflict(resourceName(place.definition), place.name, why);
  }
  return createDraft(context, caller, place, draft, options);
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

/** A scale is applied like an object of its own, whose owners are those of the replicas. */
export async function applyScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  { value }: Body,
  options: WriteOptions,
): Promise<Written> {
  const subresource = scaleOf(place);
  const change: Change = {
    verb: "patch",
    create: undefined,
    build: (current) => {
      const old = current.object;
      const scale = scaleObject(subresource, old);
      const applied = applyScaleFields(context, caller, place, old, scale, value, options);
      checkName(place, applied.object);
      const draft = withScale(place.definition, subresource, current, applied.object);
      return withParentEntries(place, old, applied.managedFields, draft);
    },
  };
  const whole = { ...place, subresource: "" };
  const written = await changeObject(context, caller, whole, change, options);
  return { ...written, version: scaleVersion(subresource, written.version) };
}
