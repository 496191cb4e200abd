/** Names of drivers and their parameters, as classes of storage give them. */
import { invalid, required, tooLong, type FieldError } from "../../errors.ts";
import { qualifiedNameField } from "../../validation/fields.ts";

const parametersMax = 512;
const parametersBytesMax = 256 * 1024;

/** A provisioner: a qualified name, of whose letters the case does not count. */
export function provisionerField(path: string, provisioner: string | undefined): FieldError[] {
  if (!provisioner) return [required(path, "")];
  return qualifiedNameField(path, provisioner.toLowerCase());
}

/** The parameters of a class. `needed`: there has to be one. */
export function parametersField(
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  needed: "needed" | "optional" = "optional",
): FieldError[] {
  const entries = Object.entries(parameters);
  if (entries.length > parametersMax) return [tooLong(path, parametersMax)];
  const errors: FieldError[] = [];
  if ("" in parameters) errors.push(invalid(path, "", "field can not be empty."));
  if (textBytes(parameters) > parametersBytesMax) errors.push(tooLong(path, parametersBytesMax));
  if (needed === "needed" && entries.length === 0) {
    errors.push(required(path, "must contain at least one key/value pair"));
  }
  return errors;
}

/** Bytes of all keys and values. */
export function textBytes(texts: Readonly<Record<string, string>> = {}): number {
  let bytes = 0;
  for (const [key, value] of Object.entries(texts)) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes;
}
