/**
 * What names, label keys and label values may look like, with the texts of
 * k8s.io/apimachinery pkg/util/validation. Every function answers what is wrong; empty: nothing.
 */
import { shapeText } from "./shapetext.ts";
import { strictIpErrors } from "./validation/addresses.ts";
import type { NameRule } from "./resource.ts";

const label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${qualified})?`;
const configKey = "[-._a-zA-Z0-9]+";

const exactly = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const label1123Regex = exactly(label1123);
const subdomain1123Regex = exactly(subdomain1123);
const label1035Regex = exactly(label1035);
const qualifiedRegex = exactly(qualified);
const labelValueRegex = exactly(labelValue);
const configKeyRegex = exactly(configKey);

const label1123Text = shapeText(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
    "and must start and end with an alphanumeric character",
  label1123,
  ["my-name", "123-abc"],
);
const subdomain1123Text = shapeText(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, " +
    "'-' or '.', and must start and end with an alphanumeric character",
  subdomain1123,
  ["example.com"],
);
const label1035Text = shapeText(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
    "start with an alphabetic character, and end with an alphanumeric character",
  label1035,
  ["my-name", "abc-123"],
);
const qualifiedShape =
  "must consist of alphanumeric characters, '-', '_' or '.', " +
  "and must start and end with an alphanumeric character";
const qualifiedExamples = ["MyName", "my.name", "123-abc"];
const namePartText = shapeText(`name part ${qualifiedShape}`, qualified, qualifiedExamples);
const labelKeyText =
  `${shapeText(`a valid label key ${qualifiedShape}`, qualified, qualifiedExamples)} ` +
  "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
const labelValueText = shapeText(
  "a valid label must be an empty string or consist of alphanumeric characters, " +
    "'-', '_' or '.', and must start and end with an alphanumeric character",
  labelValue,
  ["MyValue", "my_value", "12345"],
);
const configKeyText = shapeText(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  configKey,
  ["key.name", "KEY_NAME", "key-name"],
);

const lengthText = (charactersMax: number) => `must be no more than ${charactersMax} characters`;

/** Why `name` is no RFC 1123 label (63 characters at most); empty when it is one. */
export function dns1123LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 63) errors.push(lengthText(63));
  if (label1123Regex.test(value)) return errors;
  // A subdomain differs from a label by its dots only: that is the clearer message.
  const dotted = subdomain1123Regex.test(value);
  errors.push(dotted ? "must not contain dots" : label1123Text);
  return errors;
}

/** Why `name` is no RFC 1123 subdomain (253 characters at most); empty when it is one. */
export function dns1123SubdomainErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 253) errors.push(lengthText(253));
  if (!subdomain1123Regex.test(value)) errors.push(subdomain1123Text);
  return errors;
}

const wildcardText = shapeText(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, " +
    "which must consist of lower case alphanumeric characters, '-' or '.' and end with an " +
    "alphanumeric character",
  `\\*\\.${subdomain1123}`,
  ["*.example.com"],
);
const wildcardRegex = exactly(`\\*\\.${subdomain1123}`);

/** Why `value` is not `*.` and a subdomain; empty when it is. */
export function wildcardSubdomainErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 253) errors.push(lengthText(253));
  if (!wildcardRegex.test(value)) errors.push(wildcardText);
  return errors;
}

/** Why `name` is no RFC 1035 label (63 characters at most); empty when it is one. */
export function dns1035LabelErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 63) errors.push(lengthText(63));
  if (!label1035Regex.test(value)) errors.push(label1035Text);
  return errors;
}

/** A label key, finalizer, taint key, …: `name` or `example.com/name`. */
export function qualifiedNameErrors(value: string): string[] {
  const errors: string[] = [];
  const parts = value.split("/");
  if (parts.length > 2) return [labelKeyText];
  const name = parts.at(-1) ?? "";
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    if (prefix === "") errors.push("prefix part must be non-empty");
    else errors.push(...dns1123SubdomainErrors(prefix).map((text) => `prefix part ${text}`));
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (name.length > 63) errors.push("name part must be no more than 63 bytes");
  if (!qualifiedRegex.test(name)) errors.push(namePartText);
  return errors;
}

/** Why a label may not have this value; empty when it may. */
export function labelValueErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 63) errors.push("must be no more than 63 bytes");
  if (!labelValueRegex.test(value)) errors.push(labelValueText);
  return errors;
}

/** A key of a config map or secret: it becomes a file name. */
export function configKeyErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 253) errors.push(lengthText(253));
  if (!configKeyRegex.test(value)) errors.push(configKeyText);
  if (value === ".") errors.push("must not be '.'");
  else if (value === "..") errors.push("must not be '..'");
  else if (value.startsWith("..")) errors.push("must not start with '..'");
  return errors;
}

/** Something that can stand between two slashes of a URL path. */
export function pathSegmentErrors(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return pathSegmentPrefixErrors(value);
}

function pathSegmentPrefixErrors(value: string): string[] {
  const refused = ["/", "%"].filter((char) => value.includes(char));
  return refused.map((char) => `may not contain '${char}'`);
}

/** What is wrong with a name of a resource with that rule. */
export function nameErrors(rule: NameRule, name: string): string[] {
  switch (rule) {
    case "dnsSubdomain":
      return dns1123SubdomainErrors(name);
    case "dnsLabel":
      return dns1123LabelErrors(name);
    case "dns1035Label":
      return dns1035LabelErrors(name);
    case "pathSegment":
      return pathSegmentErrors(name);
    case "ipAddress":
      return strictIpErrors(name);
  }
}

/** What is wrong with a name's beginning: a trailing dash will be followed by letters. */
export function namePrefixErrors(rule: NameRule, prefix: string): string[] {
  if (rule === "pathSegment") return pathSegmentPrefixErrors(prefix);
  if (rule === "ipAddress") return strictIpErrors(prefix);
  const masked = prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
  return nameErrors(rule, masked);
}

/** Letters of a generated name: no vowels, so that no words arise (apimachinery pkg/util/rand). */
export const nameLetters = "bcdfghjklmnpqrstvwxz2456789";
const generatedLetters = 5;
const nameBytesMax = 63;

/** `prefix` and five random letters, in at most 63 characters. `random` is at least 0, below 1. */
export function generateName(prefix: string, random: () => number): string {
  let name = prefix.slice(0, nameBytesMax - generatedLetters);
  for (let index = 0; index < generatedLetters; index++) {
    name += nameLetters[Math.floor(random() * nameLetters.length)];
  }
  return name;
}
