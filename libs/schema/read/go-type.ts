/** How Go names types in its error texts. */
import type { FieldSchema, MessageSchema } from "../schema.ts";

/** `v1.Pod`: Go's package is the last part of ours. */
export const goStruct = ({ name }: MessageSchema): string => name.split(".").slice(-2).join(".");

/** `[]v1.Container`, `v1.ResourceList`, `int32`. */
export function goType(field: FieldSchema): string {
  if (field.goType !== undefined) return field.goType;
  const element = derivedElement(field);
  if (field.cardinality === "list") return `[]${element}`;
  return field.cardinality === "map" ? `map[string]${element}` : element;
}

/** The same of a list's items and a map's values. */
export function goElementType(field: FieldSchema): string {
  const { goType: named, cardinality } = field;
  if (named === undefined) return derivedElement(field);
  if (cardinality === "single") return named;
  const composed = /^(?:\[\]|map\[[^\]]*\])(?<element>.*)$/.exec(named)?.groups?.["element"];
  return composed ?? derivedElement(field);
}

function derivedElement({ kind, message }: FieldSchema): string {
  if (message) return goStruct(message);
  if (kind === "bytes") return "[]uint8";
  return kind === "double" ? "float64" : kind;
}
