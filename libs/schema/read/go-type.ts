/** How Go names the types of fields in its error texts. */
import type { FieldSchema, MessageSchema } from "../schema.ts";

/** `[]v1.Container`, `map[string]string`, `int32`; of a list's or map's element with "single". */
export function goTypeOf(
  of: MessageSchema | FieldSchema,
  shape?: FieldSchema["cardinality"],
): string {
  const cardinality = shape ?? ("cardinality" in of ? of.cardinality : "single");
  const name = "shortName" in of ? structName(of) : elementName(of);
  if (cardinality === "list") return `[]${name}`;
  return cardinality === "map" ? `map[string]${name}` : name;
}

/** Go's package is the last part of ours: v1, runtime. */
function structName({ name }: MessageSchema): string {
  return name.split(".").slice(-2).join(".");
}

function elementName({ kind, message, goType }: FieldSchema): string {
  if (goType !== undefined) return goType;
  if (message) return structName(message);
  if (kind === "bytes") return "[]uint8";
  return kind === "double" ? "float64" : kind;
}
