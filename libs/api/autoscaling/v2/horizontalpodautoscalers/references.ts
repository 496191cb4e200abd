/** References to what an autoscaler scales and measures. */
import type { CrossVersionObjectReference } from "#proto/gen/k8s/autoscaling/v2.ts";
import { invalid, required, type FieldError } from "../../../errors.ts";
import { pathSegmentErrors } from "../../../names.ts";
import { invalidFor } from "../../../validation/fields.ts";

/** Of the core group only replication controllers can be scaled. */
export function validateTarget(
  target: CrossVersionObjectReference,
  old: CrossVersionObjectReference | undefined,
  path: string,
): FieldError[] {
  const versionError = (reference: CrossVersionObjectReference) =>
    groupVersionError(reference, reference.kind === "ReplicationController");
  const detail = versionError(target);
  const isOld = old !== undefined && versionError(old) !== undefined;
  const errors = validateNames(target, path);
  if (detail === undefined || isOld) return errors;
  return [...errors, invalid(`${path}.apiVersion`, target.apiVersion ?? "", detail)];
}

/** A reference to something that is measured, of any group. */
export function validateDescribed(
  reference: CrossVersionObjectReference,
  path: string,
): FieldError[] {
  const detail = groupVersionError(reference, true);
  const errors = validateNames(reference, path);
  if (detail === undefined) return errors;
  return [...errors, invalid(`${path}.apiVersion`, reference.apiVersion ?? "", detail)];
}

function validateNames({ kind, name }: CrossVersionObjectReference, path: string): FieldError[] {
  return [...segmentField(`${path}.kind`, kind), ...segmentField(`${path}.name`, name)];
}

function segmentField(path: string, value = ""): FieldError[] {
  return value === "" ? [required(path, "")] : invalidFor(path, value, pathSegmentErrors(value));
}

function groupVersionError(
  { apiVersion = "" }: CrossVersionObjectReference,
  allowsCore: boolean,
): string | undefined {
  const slashes = apiVersion.split("/").length - 1;
  if (apiVersion !== "/" && slashes > 1) return `unexpected GroupVersion string: ${apiVersion}`;
  const group = slashes === 1 ? (apiVersion.split("/")[0] ?? "") : "";
  return group === "" && !allowsCore ? "apiVersion must specify API group" : undefined;
}
