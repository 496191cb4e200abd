/** A JSON value that does not fit its field. The message is what Kubernetes' decoder says. */
export class FieldTypeError extends Error {
  override readonly name = "FieldTypeError";
}

/** One that Go's own unmarshalling functions report: it ends decoding, and so wins over others. */
export class FinalFieldError extends FieldTypeError {}

/** Nothing is said about what lies so deep. */
export class TooDeepError extends FinalFieldError {}

/** What Go calls the kind of a JSON value. */
export function jsonKind(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}
