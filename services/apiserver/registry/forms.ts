/** The other versions in which the fields of a written object may be owned. */
import type { OtherVersions, VersionForm } from "#libs/api/managedfields/versions.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { schemaOf } from "#libs/schema/index.ts";
import type { Caches } from "./caches.ts";

/** Undefined for a resource with one version alone. */
export function otherVersionsOf(
  caches: Caches,
  written: ResourceDefinition,
  subresource: string,
): OtherVersions | undefined {
  const siblings = caches.siblings(written);
  if (siblings.length < 2) return undefined;
  const others = siblings.filter((sibling) => sibling !== written);
  return new Map(others.map((other) => [apiVersionOf(other), formOf(written, other, subresource)]));
}

function formOf(
  written: ResourceDefinition,
  other: ResourceDefinition,
  subresource: string,
): VersionForm {
  return {
    schema: schemaOf(other.message),
    resetFields: resetFieldsOf(other, subresource),
    fromWritten: (object) => converted(object, written, other),
    toWritten: (object) => converted(object, other, written),
  };
}

function converted(
  object: KubeObject,
  from: ResourceDefinition,
  to: ResourceDefinition,
): KubeObject {
  const stored = from.storedAs?.toStored(object) ?? object;
  const { kind } = to;
  return { ...(to.storedAs?.fromStored(stored) ?? stored), kind, apiVersion: apiVersionOf(to) };
}

/** What writers of an object or of one of its parts can never own. */
export function resetFieldsOf(
  definition: ResourceDefinition,
  subresource: string,
): readonly string[] | undefined {
  const part = definition.subresources.find(({ name }) => name === subresource);
  return part?.type === "part" ? part.resetFields : definition.resetFields;
}
