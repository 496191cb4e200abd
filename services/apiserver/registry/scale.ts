/** The scale subresource: the wanted and actual count of a resource, as autoscaling/v1 Scale. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { Scale } from "#proto/gen/k8s/autoscaling/v1.ts";
import type { RegistryContext } from "./context.ts";
import { checkName, placeInNamespace, readDraft } from "./draft.ts";
import { recordScale } from "./fields.ts";
import { patchedDraft } from "./patch.ts";
import { getVersion } from "./read.ts";
import type {
  Body,
  Caller,
  PatchType,
  Place,
  ReadOptions,
  Version,
  WriteOptions,
  Written,
} from "./request.ts";
import { expectedScale, scaleObject, scaleOf, scaleVersion, withScale } from "./scaleform.ts";
import { changeObject, type Change } from "./update.ts";

/** The Scale of an object that has replicas. */
export async function getScale(
  context: RegistryContext,
  place: Place,
  options: ReadOptions,
): Promise<Version> {
  const version = await getVersion(context, { ...place, subresource: "" }, options);
  return scaleVersion(scaleOf(place), version);
}

/** Sets the replicas of an object through its Scale. */
export async function updateScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const { object, warnings } = readDraft(expectedScale(), body, options.fieldValidation);
  checkName(place, object);
  placeInNamespace(place, object);
  const written = await changeScale(context, caller, place, options, "update", () => object);
  return { ...written, warnings: [...warnings, ...written.warnings] };
}

/** Patches the Scale of an object, and with it its replicas. */
export async function patchScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  type: PatchType,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  const subresource = scaleOf(place);
  return changeScale(context, caller, place, options, "patch", (current) => {
    const scale = scaleObject(subresource, current.object);
    const { object } = patchedDraft(expectedScale(), type, body, scale, options);
    checkName(place, object);
    return object;
  });
}

async function changeScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  options: WriteOptions,
  verb: Change["verb"],
  wanted: (current: Version) => Scale,
): Promise<Written> {
  const subresource = scaleOf(place);
  const change: Change = {
    verb,
    create: undefined,
    build: (current) => {
      const after = wanted(current);
      const draft = withScale(place.definition, subresource, current, after);
      const before = scaleObject(subresource, current.object);
      const scales = { before, after: after as KubeObject };
      return recordScale(context, caller, place, current.object, scales, draft, options);
    },
  };
  const whole = { ...place, subresource: "" };
  const written = await changeObject(context, caller, whole, change, options);
  return { ...written, version: scaleVersion(subresource, written.version) };
}
