/** The scale subresource: the wanted and actual count of a resource, as autoscaling/v1 Scale. */
import { conflict, invalid, invalidObject, notFound } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition, Subresource } from "#libs/api/resource.ts";
import { schemaOf } from "#libs/schema/index.ts";
import type { Scale } from "#proto/gen/k8s/autoscaling/v1.ts";
import { UnstoredVersion } from "./cache/version.ts";
import { resourceName, type RegistryContext } from "./context.ts";
import { checkName, placeInNamespace, readDraft, type ExpectedKind } from "./draft.ts";
import { recordScale } from "./fields.ts";
import { applyScale } from "./apply.ts";
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
import { changeObject, type Change } from "./update.ts";

type ScaleSubresource = Extract<Subresource<KubeObject>, { type: "scale" }>;

const scaleMessage = "k8s.autoscaling.v1.Scale";
const scaleKind = { group: "autoscaling", name: "Scale" };

export const expectedScale = (): ExpectedKind => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  schema: schemaOf(scaleMessage),
});

export async function getScale(
  context: RegistryContext,
  place: Place,
  options: ReadOptions,
): Promise<Version> {
  const version = await getVersion(context, { ...place, subresource: "" }, options);
  return scaleVersion(scaleOf(place), version);
}

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

export async function patchScale(
  context: RegistryContext,
  caller: Caller,
  place: Place,
  type: PatchType,
  body: Body,
  options: WriteOptions,
): Promise<Written> {
  if (type === "application/apply-patch+yaml") {
    return applyScale(context, caller, place, body, options);
  }
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

/** The object with the replicas of a Scale. Throws Invalid and Conflict about the Scale. */
export function withScale(
  definition: ResourceDefinition,
  subresource: ScaleSubresource,
  { object, revision }: Version,
  scale: Scale,
): KubeObject {
  const { name = "", resourceVersion = "" } = scale.metadata ?? {};
  if (resourceVersion !== "" && resourceVersion !== String(revision)) {
    throw conflict(resourceName(definition), name);
  }
  return withReplicas(structuredClone(object), subresource, scale);
}

/** Writes a scale's replicas into an object, in place. Throws Invalid for a negative number. */
export function withReplicas<T extends KubeObject>(
  object: T,
  { specReplicasPath }: ScaleSubresource,
  { metadata, spec }: Scale,
): T {
  const replicas = spec?.replicas ?? 0;
  if (replicas < 0) {
    const error = invalid("spec.replicas", replicas, "must be greater than or equal to 0");
    throw invalidObject(scaleKind, metadata?.name ?? "", [error]);
  }
  writePath(object, specReplicasPath, replicas);
  return object;
}

export function scaleOf({ definition }: Place): ScaleSubresource {
  const found = definition.subresources.find(({ type }) => type === "scale");
  if (found?.type !== "scale") throw notFound(resourceName(definition), "scale");
  return found;
}

export function scaleVersion(subresource: ScaleSubresource, version: Version): Version {
  const scale = scaleObject(subresource, version.object);
  return new UnstoredVersion(version.definition, scale, version.revision, scaleMessage);
}

export function scaleObject(
  { specReplicasPath, statusReplicasPath, selector }: ScaleSubresource,
  object: KubeObject,
): Scale & KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  const replicas = numberAt(object, specReplicasPath);
  const selected = selector(object);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: JSON.parse(JSON.stringify(metadata)),
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberAt(object, statusReplicasPath),
      ...(selected === "" ? {} : { selector: selected }),
    },
  };
}

const steps = (path: string): string[] => path.split(".").filter((step) => step !== "");

function numberAt(object: object, path: string): number {
  let value: unknown = object;
  for (const step of steps(path)) value = (value as Record<string, unknown> | undefined)?.[step];
  return typeof value === "number" ? value : 0;
}

function writePath(object: object, path: string, value: number): void {
  const names = steps(path);
  const last = names.pop() ?? "";
  let target = object as Record<string, unknown>;
  for (const name of names) {
    target[name] ??= {};
    target = target[name] as Record<string, unknown>;
  }
  target[last] = value;
}
