/** What Go writes as JSON for a field that is not set but written all the same. */
import type { FieldSchema, MessageSchema } from "../schema.ts";

type Shape = Pick<FieldSchema, "kind" | "message" | "cardinality" | "pointer">;

/** Makes the value; each call makes a fresh one. */
export function emptyOf({ kind, message, cardinality, pointer }: Shape): () => unknown {
  if (cardinality !== "single" || pointer) return () => null;
  if (message) return emptyMessage(message);
  if (kind === "string") return () => "";
  if (kind === "bool") return () => false;
  return kind === "bytes" ? () => null : () => 0;
}

function emptyMessage(message: MessageSchema): () => unknown {
  switch (message.form) {
    case "struct":
      return () => emptyStruct(message);
    case "quantity":
      return () => "0";
    case "intOrString":
      return () => 0;
    case "duration":
      return () => "0s";
    case "time":
    case "microTime":
    case "rawObject":
    case "rawJson":
    case "stringList":
    case "schemaOr":
      return () => null;
  }
}

/** A struct without any field set: only what is always written. */
function emptyStruct({ fields }: MessageSchema): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.inline && field.message) Object.assign(object, emptyStruct(field.message));
    else if (field.always) object[field.name] = emptyOf(field)();
  }
  return object;
}
