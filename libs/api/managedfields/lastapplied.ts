/** The annotation of client-side apply, for users of kubectl who change to server-side apply. */
import type { MessageSchema } from "#libs/schema/schema.ts";
import { goJson } from "../gotext.ts";
import type { KubeObject } from "../resource.ts";
import type { FieldSet } from "./fieldset.ts";
import { fieldSetOf } from "./fieldsof.ts";

const annotation = "kubectl.kubernetes.io/last-applied-configuration";

/** Fields of the annotation's configuration; undefined when there is none of this version. */
export function lastAppliedFields(
  schema: MessageSchema,
  { apiVersion, metadata }: KubeObject,
): FieldSet | undefined {
  const text = metadata?.annotations?.[annotation] ?? "";
  try {
    const configuration = JSON.parse(text) as KubeObject;
    if (apiVersion !== undefined && configuration.apiVersion !== apiVersion) return undefined;
    return fieldSetOf(schema, configuration);
  } catch {
    return undefined;
  }
}

/** Keeps the annotation, where there is one, in step with what kubectl applies. */
export function withLastApplied(object: KubeObject, applied: KubeObject): KubeObject {
  const { metadata } = object;
  if (metadata?.annotations?.[annotation] === undefined) return object;
  const annotations = { ...metadata.annotations, [annotation]: annotationText(applied) };
  return { ...object, metadata: { ...metadata, annotations } };
}

function annotationText(applied: KubeObject): string {
  const { metadata } = applied;
  if (metadata?.annotations?.[annotation] === undefined) return `${goJson(sortedKeys(applied))}\n`;
  const { [annotation]: _own, ...annotations } = metadata.annotations;
  return `${goJson(sortedKeys({ ...applied, metadata: { ...metadata, annotations } }))}\n`;
}

/** Go writes maps with sorted keys. */
function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sortedKeys(item)]));
}
