/** Names of pools, attributes and shares of devices. */
import { invalid, required, tooLong, type FieldError } from "../../errors.ts";
import { shapeText } from "../../shapetext.ts";
import { driverNameField } from "../../validation/drivers.ts";
import { dnsSubdomainField, invalidFor } from "../../validation/fields.ts";

const poolNameMax = 253;
const idMax = 32;
/** Domain, slash and name. */
export const qualifiedNameMax = 63 + 1 + idMax;

/** Segments between slashes, each a DNS subdomain. */
export function poolNameField(path: string, name: string | undefined): FieldError[] {
  if (!name) return [required(path, "")];
  return [
    ...(name.length > poolNameMax ? [tooLong(path, poolNameMax)] : []),
    ...name.split("/").flatMap((part) => dnsSubdomainField(path, part)),
  ];
}

const identifierPattern = "[A-Za-z_][A-Za-z0-9_]*";
const identifierRegex = new RegExp(`^(?:${identifierPattern})$`);
const identifierText = shapeText(
  "a valid C identifier must start with alphabetic character or '_', " +
    "followed by a string of alphanumeric characters or '_'",
  identifierPattern,
  ["my_name", "MY_NAME", "MyName"],
);

function identifierField(path: string, id: string): FieldError[] {
  return [
    ...(id.length > idMax ? [tooLong(path, idMax)] : []),
    ...invalidFor(path, id, identifierRegex.test(id) ? [] : [identifierText]),
  ];
}

/** `memory` or `example.com/memory`; more than one slash is not noticed by Kubernetes either. */
export function deviceNameField(path: string, name: string): FieldError[] {
  const [domain = "", id = "", ...rest] = name.split("/");
  if (rest.length > 0) return [];
  if (!name.includes("/")) return identifierField(path, name);
  return [
    ...(domain === ""
      ? [invalid(path, "", "the domain must not be empty")]
      : driverNameField(path, domain)),
    ...(id === "" ? [invalid(path, "", "the name must not be empty")] : identifierField(path, id)),
  ];
}

/** `example.com/memory`: here the domain has to be said. */
export function fullDeviceNameField(path: string, name: string): FieldError[] {
  const errors = deviceNameField(path, name);
  if (name.includes("/")) return errors;
  const detail = "a fully qualified name must be a domain and a name separated by a slash";
  return [...errors, invalid(path, name, detail)];
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** With the clothes in which others write them: `urn:uuid:`, braces, or nothing between. */
const looseUuids: ReadonlyMap<number, RegExp> = new Map([
  [36, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  [45, /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  [38, /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i],
  [32, /^[0-9a-f]{32}$/i],
]);

/** A UUID in the one form that all write alike. */
export function uuidField(path: string, text: string): FieldError[] {
  if (uuid.test(text)) return [];
  const loose = looseUuids.get(text.length);
  if (loose === undefined) {
    const detail = `error validating uid: invalid UUID length: ${text.length}`;
    return [invalid(path, text, detail)];
  }
  if (!loose.test(text)) {
    return [invalid(path, text, "error validating uid: invalid UUID format")];
  }
  const detail =
    "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with " +
    "lowercase hexadecimal characters";
  return [invalid(path, text, detail)];
}
