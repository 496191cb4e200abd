/** Checks of single fields that many kinds share. */
import { invalid, notSupported, required, type FieldError } from "../errors.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors, qualifiedNameErrors } from "../names.ts";
import {
  httpPathErrors,
  ipErrors,
  ipFamily,
  negativeText,
  percentErrors,
  portNameErrors,
  portNumberErrors,
} from "./names.ts";

/** One `Invalid value` for each text. */
export function invalidFor(field: string, value: unknown, texts: readonly string[]): FieldError[] {
  return texts.map((text) => invalid(field, value, text));
}

/** An error when the text is absent or empty. */
export function requireText(field: string, value: string | undefined): FieldError[] {
  return (value ?? "") === "" ? [required(field, "")] : [];
}

/** An error when the number is below zero; absent is zero. */
export function nonNegative(field: string, value: number | undefined): FieldError[] {
  return (value ?? 0) < 0 ? [invalid(field, value, negativeText)] : [];
}

export const dnsLabelField = (field: string, value: string): FieldError[] =>
  invalidFor(field, value, dns1123LabelErrors(value));

export const dnsSubdomainField = (field: string, value: string): FieldError[] =>
  invalidFor(field, value, dns1123SubdomainErrors(value));

export const qualifiedNameField = (field: string, value: string): FieldError[] =>
  invalidFor(field, value, qualifiedNameErrors(value));

export const ipField = (field: string, value: string): FieldError[] =>
  invalidFor(field, value, ipErrors(value));

/** A port of a target: a number, or the name of a container's port. */
export function portOrNameField(field: string, port: number | string | undefined): FieldError[] {
  const texts = typeof port === "string" ? portNameErrors(port) : portNumberErrors(port ?? 0);
  return invalidFor(field, port ?? 0, texts);
}

/** `acme.io/foo`: a domain, a slash and the path of an URL. */
export function domainPathField(field: string, value: string): FieldError[] {
  if (value === "") return [required(field, "")];
  const [domain = "", ...rest] = value.split("/");
  const path = rest.join("/");
  if (domain === "" || path === "") {
    const detail = 'must be a domain-prefixed path (such as "acme.io/foo")';
    return [invalid(field, value, detail)];
  }
  return [
    ...invalidFor(field, domain, dns1123SubdomainErrors(domain)),
    ...invalidFor(field, path, httpPathErrors(path)),
  ];
}

/** A count, or a percentage of one. */
export function countOrPercentField(
  field: string,
  value: number | string | undefined,
): FieldError[] {
  if (typeof value === "string") return invalidFor(field, value, percentErrors(value));
  return nonNegative(field, value);
}

/** The number in a count or percentage; 0 for what is neither. */
export function countOrPercentNumber(value: number | string | undefined): number {
  if (typeof value !== "string") return value ?? 0;
  return percentErrors(value).length === 0 ? Number.parseInt(value, 10) : 0;
}

/** An error when a percentage says more than all. */
export function atMostAllField(field: string, value: number | string | undefined): FieldError[] {
  const isTooMuch = typeof value === "string" && countOrPercentNumber(value) > 100;
  return isTooMuch ? [invalid(field, value, "must not be greater than 100%")] : [];
}

/** A path below some folder: relative, and never upwards. */
export function descendingPathField(field: string, path: string): FieldError[] {
  const errors = noBackstepsField(field, path);
  if (!path.startsWith("/")) return errors;
  return [invalid(field, path, "must be a relative path"), ...errors];
}

/** An error when a step of the path is `..`. */
export function noBackstepsField(field: string, path: string): FieldError[] {
  return path.split("/").includes("..") ? [invalid(field, path, "must not contain '..'")] : [];
}

/** A descending path that does not begin with two dots: volumes keep those names for themselves. */
export function unreservedPathField(field: string, path: string): FieldError[] {
  const errors = descendingPathField(field, path);
  if (!path.startsWith("..") || path.startsWith("../")) return errors;
  return [...errors, invalid(field, path, "must not start with '..'")];
}

/** True for exactly one IPv4 and one IPv6 address. */
export function isDualStack(addresses: readonly string[]): boolean {
  const families = new Set(addresses.map(ipFamily));
  return families.has(4) && families.has(6);
}

/** One of the words; `supported` in the order in which they are listed. */
export function wordField(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): FieldError[] {
  if ((value ?? "") === "") return [required(field, "")];
  return supported.includes(value ?? "") ? [] : [notSupported(field, value, supported)];
}

/** One of the words, or absent. */
export function optionalWordField(
  field: string,
  value: string | undefined,
  supported: readonly string[],
): FieldError[] {
  if (value === undefined || supported.includes(value)) return [];
  return [notSupported(field, value, supported)];
}
