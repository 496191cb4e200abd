/**
 * Names of ports, environment variables and headers, addresses and numbers, with the texts of
 * k8s.io/apimachinery pkg/util/validation. Every function answers what is wrong; empty: nothing.
 * (Names of objects and labels: ../names.ts.)
 */
import { isIP } from "node:net";
import { shapeText } from "../shapetext.ts";

export const portMax = 65_535;
export const int32Max = 2_147_483_647;

/** `must be between 1 and 65535, inclusive` */
export const rangeText = (min: number, max: number): string =>
  `must be between ${min} and ${max}, inclusive`;

export const negativeText = "must be greater than or equal to 0";

function rangeErrors(value: number, min: number, max: number): string[] {
  return value >= min && value <= max ? [] : [rangeText(min, max)];
}

export const portNumberErrors = (port: number): string[] => rangeErrors(port, 1, portMax);

/** User ids and group ids. */
export const idErrors = (id: number): string[] => rangeErrors(id, 0, int32Max);

/** An IANA service name: lower-case letters, digits and single hyphens, with a letter in it. */
export function portNameErrors(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]+$/.test(name)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(name)) errors.push("must contain at least one letter (a-z)");
  if (name.includes("--")) errors.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) {
    errors.push("must not begin or end with a hyphen");
  }
  return errors;
}

/** The name of an environment variable, by the rules that Kubernetes has relaxed since 1.30. */
export function envNameErrors(name: string): string[] {
  if (name === "") return ["environment variable name must be non-empty"];
  if (/^[ -<>-~]+$/.test(name)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters " +
      "other than '='",
  ];
}

const headerName = "[-A-Za-z0-9]+";
const headerNameRegex = new RegExp(`^(?:${headerName})$`);

/** Why `name` is no name of an HTTP header; empty when it is one. */
export function httpHeaderNameErrors(name: string): string[] {
  if (headerNameRegex.test(name)) return [];
  const rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [shapeText(rule, headerName, ["X-Header-Name"])];
}

const underscoredLabel = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscoredSubdomain = `${underscoredLabel}(\\.${underscoredLabel})*`;
const underscoredSubdomainRegex = new RegExp(`^(?:${underscoredSubdomain})$`);

/** A domain to search: like a DNS subdomain, but with underscores. */
export function searchDomainErrors(domain: string): string[] {
  const errors: string[] = [];
  if (domain.length > 253) errors.push("must be no more than 253 characters");
  if (underscoredSubdomainRegex.test(domain)) return errors;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, " +
    "'_', '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, shapeText(rule, underscoredSubdomain, ["example.com"])];
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathRegex = new RegExp(`^(?:${httpPath})$`);

/** Why `path` cannot stand in an URL; empty when it can. */
export function httpPathErrors(path: string): string[] {
  if (httpPathRegex.test(path)) return [];
  return [shapeText("Invalid path", httpPath)];
}

const percentPattern = "[0-9]+%";
const percentRegex = new RegExp(`^(?:${percentPattern})$`);

/** `25%`, without a sign. */
export function percentErrors(percent: string): string[] {
  if (percentRegex.test(percent)) return [];
  const rule = "a valid percent string must be a numeric string followed by an ending '%'";
  return [shapeText(rule, percentPattern, ["1%", "93%"])];
}

/** 4, 6, or 0 for no address. Leading zeros are accepted in IPv4, as Kubernetes still does. */
export function ipFamily(address: string): 0 | 4 | 6 {
  const plain = /^[\d.]+$/.test(address) ? address.replace(/(^|\.)0+(?=\d)/g, "$1") : address;
  const family = isIP(plain);
  // Kubernetes takes an IPv4 address in IPv6 clothes for IPv4.
  if (family === 6 && /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(plain)) return 4;
  if (address.includes("%")) return 0;
  return family === 4 ? 4 : family === 6 ? 6 : 0;
}

/** Why `address` is no IP address; empty when it is one. */
export function ipErrors(address: string): string[] {
  if (ipFamily(address) !== 0) return [];
  return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];
}

/** 4, 6, or 0 for something that is no CIDR block. */
export function cidrFamily(cidr: string): 0 | 4 | 6 {
  const [address = "", length = "", ...rest] = cidr.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(length)) return 0;
  const family = ipFamily(address);
  return Number(length) <= (family === 4 ? 32 : 128) ? family : 0;
}

/** Why `cidr` is no CIDR value; empty when it is one. */
export function cidrErrors(cidr: string): string[] {
  if (cidrFamily(cidr) !== 0) return [];
  return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];
}
