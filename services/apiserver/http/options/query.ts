/** Values of a query as Kubernetes' parameter codec reads them. */
import { badRequest, invalidObject, type FieldError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";

export { queryBoolean } from "../request-info.ts";

const int64Max = 2n ** 63n - 1n;

/** An integer; undefined when absent. Throws BadRequest in the words of Go's strconv. */
export function queryInteger(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key);
  if (text === null) return undefined;
  return parseInteger(text);
}

function parseInteger(text: string): number {
  if (!/^[-+]?[0-9]+$/.test(text)) {
    throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: invalid syntax`);
  }
  const value = BigInt(text.replace(/^\+/, ""));
  if (value > int64Max || value < -int64Max - 1n) {
    throw badRequest(`strconv.ParseInt: parsing ${goQuote(text)}: value out of range`);
  }
  return Number(value);
}

/** Throws 422 when there are errors: `CreateOptions.meta.k8s.io "" is invalid: …`. */
export function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: "meta.k8s.io", name: kind }, "", errors);
}
