/** Unknown fields of values that have a structural schema. */
import { additionalOf, itemsOf, type Schema } from "./tree.ts";

/**
 * A copy of `value` without the fields that its schema does not know. `isRoot`: a whole object,
 * which has apiVersion, kind and metadata beside what the schema says.
 */
export function prune(value: unknown, schema: Schema, isRoot: boolean): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? value : value.map((item) => pruneNested(item, items));
  }
  if (typeof value !== "object" || value === null) return value;
  const keeps = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const more = additionalOf(schema);
  const isOpen = keeps || schema.additionalProperties === true;
  const entries: (readonly [string, unknown])[] = [];
  for (const [name, item] of Object.entries(value)) {
    const property = schema.properties?.[name];
    const isMeta = isRoot && (name === "metadata" || name === "apiVersion" || name === "kind");
    if (isMeta) entries.push([name, item]);
    else if (property !== undefined) entries.push([name, pruneNested(item, property)]);
    else if (more !== undefined) entries.push([name, pruneNested(item, more)]);
    else if (isOpen) entries.push([name, item]);
  }
  return Object.fromEntries(entries);
}

const pruneNested = (value: unknown, schema: Schema): unknown =>
  prune(value, schema, schema["x-kubernetes-embedded-resource"] === true);
