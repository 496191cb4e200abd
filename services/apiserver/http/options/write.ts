/** Options of create, update and patch, checked as apimachinery checks them. */
import {
  invalid,
  notSupported,
  required,
  tooLong,
  forbidden,
  type FieldError,
} from "#libs/api/errors.ts";
import { printable } from "#libs/api/gotext.ts";
import type { FieldValidation, PatchType, WriteOptions } from "../../registry/request.ts";
import { queryBoolean, refuse } from "./query.ts";

/** Longest name of a field manager, in bytes. */
const fieldManagerBytesMax = 128;

const fieldValidations: readonly FieldValidation[] = ["Ignore", "Strict", "Warn"];

/** Throws 422 for options that Kubernetes refuses. `kind` names them in the error. */
export function writeOptions(
  query: URLSearchParams,
  kind: "CreateOptions" | "UpdateOptions",
): WriteOptions {
  refuse(kind, [...fieldManagerErrors(query), ...dryRunErrors(query), ...validationErrors(query)]);
  return optionsOf(query);
}

/** Options of PATCH. Throws 422 for those that Kubernetes refuses, also for this kind of patch. */
export function patchOptions(query: URLSearchParams, type: PatchType): WriteOptions {
  const errors: FieldError[] = [];
  const force = queryBoolean(query, "force");
  if (type === "application/apply-patch+yaml") {
    if ((query.get("fieldManager") ?? "") === "") {
      errors.push(required("fieldManager", "is required for apply patch"));
    }
  } else if (force !== undefined) {
    errors.push(forbidden("force", "may not be specified for non-apply patch"));
  }
  errors.push(...fieldManagerErrors(query), ...dryRunErrors(query), ...validationErrors(query));
  refuse("PatchOptions", errors);
  return force === undefined ? optionsOf(query) : { ...optionsOf(query), force };
}

function optionsOf(query: URLSearchParams): WriteOptions {
  const fieldManager = query.get("fieldManager") ?? "";
  const asked = query.get("fieldValidation") ?? "";
  return {
    dryRun: query.has("dryRun"),
    fieldValidation: fieldValidations.find((known) => known === asked) ?? "Warn",
    ...(fieldManager === "" ? {} : { fieldManager }),
  };
}

function dryRunErrors(query: URLSearchParams): FieldError[] {
  return dryRunListErrors(query.getAll("dryRun"));
}

/** Every entry must be `All`. */
export function dryRunListErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === "All")) return [];
  return [notSupported("dryRun", values, ["All"])];
}

function validationErrors(query: URLSearchParams): FieldError[] {
  const value = query.get("fieldValidation") ?? "";
  if (value === "" || fieldValidations.some((known) => known === value)) return [];
  return [notSupported("fieldValidation", value, ["", ...fieldValidations])];
}

function fieldManagerErrors(query: URLSearchParams): FieldError[] {
  const manager = query.get("fieldManager") ?? "";
  if (Buffer.byteLength(manager) > fieldManagerBytesMax) {
    return [tooLong("fieldManager", fieldManagerBytesMax)];
  }
  const errors: FieldError[] = [];
  let position = 0;
  for (const char of manager) {
    if (!printable.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      const detail = `invalid character U+${code} (at position ${position})`;
      errors.push(invalid("fieldManager", manager, detail));
    }
    position += Buffer.byteLength(char);
  }
  return errors;
}
