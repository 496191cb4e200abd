/** Fields that a schema does not have, named as Kubernetes' strict decoding names them. */
import type { FieldSchema, MessageSchema } from "../schema.ts";

/** Paths in the order of the value's keys: `metadata.foo`, `spec.containers[0].bar`. */
export function unknownFields(schema: MessageSchema, value: unknown): string[] {
  return [...ofValue(schema, value, "")];
}

function* ofValue(schema: MessageSchema, value: unknown, path: string): Generator<string> {
  if (schema.form !== "struct" || typeof value !== "object" || value === null) return;
  for (const [key, given] of Object.entries(value)) {
    const inner = path === "" ? key : `${path}.${key}`;
    const field = schema.byJsonName.get(key);
    if (field) yield* ofField(field, given, inner);
    else if (!schema.typeMeta || (key !== "apiVersion" && key !== "kind")) yield inner;
  }
}

function* ofField(field: FieldSchema, value: unknown, path: string): Generator<string> {
  const { message, cardinality } = field;
  if (!message || typeof value !== "object" || value === null) return;
  if (cardinality === "single") {
    yield* ofValue(message, value, path);
  } else if (cardinality === "list" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* ofValue(message, item, `${path}[${index}]`);
  } else {
    for (const [key, item] of Object.entries(value)) {
      yield* ofValue(message, item, `${path}.${key}`);
    }
  }
}
