/** A resource in the form of a Scale, and a Scale written back into the resource: pure. */
import { conflict, invalid, invalidObject, notFound } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition, Subresource } from "#libs/api/resource.ts";
import { schemaOf } from "#libs/schema/index.ts";
import type { Scale } from "#proto/gen/k8s/autoscaling/v1.ts";
import { UnstoredVersion } from "./cache/version.ts";
import { resourceName } from "./context.ts";
import type { ExpectedKind } from "./draft.ts";
import type { Place, Version } from "./request.ts";

type ScaleSubresource = Extract<Subresource<KubeObject>, { type: "scale" }>;

const scaleMessage = "k8s.autoscaling.v1.Scale";
const scaleKind = { group: "autoscaling", name: "Scale" };

/** The kind of a Scale, which bodies for the subresource are of. */
export const expectedScale = (): ExpectedKind => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  schema: schemaOf(scaleMessage),
});

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
function withReplicas<T extends KubeObject>(
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

/** Where a resource has its replicas. Throws NotFound when it cannot be scaled. */
export function scaleOf({ definition }: Place): ScaleSubresource {
  const found = definition.subresources.find(({ type }) => type === "scale");
  if (found?.type !== "scale") throw notFound(resourceName(definition), "scale");
  return found;
}

/** A version of an object as a version of its Scale. */
export function scaleVersion(subresource: ScaleSubresource, version: Version): Version {
  const scale = scaleObject(subresource, version.object);
  return new UnstoredVersion(version.definition, scale, version.revision, scaleMessage);
}

/** The Scale of an object: wanted and present replicas, and its selector as text. */
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
