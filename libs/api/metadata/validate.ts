/** Generic checks of ObjectMeta, with the texts of k8s.io/apimachinery pkg/api/validation. */
import type { ObjectMeta, OwnerReference } from "#proto/gen/k8s/meta/v1.ts";
import { forbidden, invalid, required, tooLong, type FieldError } from "../errors.ts";
import { goQuote } from "../gotext.ts";
import {
  dns1123LabelErrors,
  labelValueErrors,
  nameErrors,
  namePrefixErrors,
  qualifiedNameErrors,
} from "../names.ts";
import type { NameRule } from "../resource.ts";

/** All annotations of an object together, keys and values. */
const annotationsBytesMax = 256 * 1024;

export const orphanFinalizer = "orphan";
export const foregroundFinalizer = "foregroundDeletion";
const standardFinalizers: ReadonlySet<string> = new Set([
  "kubernetes",
  orphanFinalizer,
  foregroundFinalizer,
]);

export interface MetadataRules {
  readonly scope: "Namespaced" | "Cluster";
  readonly nameRule: NameRule;
}

/** Errors in the metadata of a new object, whose name was generated already. */
export function validateMetadata(
  metadata: ObjectMeta,
  { scope, nameRule }: MetadataRules,
  path = "metadata",
): FieldError[] {
  const { generateName = "", name = "", namespace = "" } = metadata;
  const errors: FieldError[] = [];
  if (generateName !== "") {
    const texts = namePrefixErrors(nameRule, generateName);
    errors.push(...texts.map((text) => invalid(`${path}.generateName`, generateName, text)));
  }
  if (name === "") errors.push(required(`${path}.name`, "name or generateName is required"));
  else {
    const texts = nameErrors(nameRule, name);
    errors.push(...texts.map((text) => invalid(`${path}.name`, name, text)));
  }
  if (scope === "Cluster") {
    if (namespace !== "") errors.push(forbidden(`${path}.namespace`, "not allowed on this type"));
  } else if (namespace === "") errors.push(required(`${path}.namespace`, ""));
  else {
    const texts = dns1123LabelErrors(namespace);
    errors.push(...texts.map((text) => invalid(`${path}.namespace`, namespace, text)));
  }
  errors.push(
    ...validateCommonMetadata(metadata, path),
    ...validateFinalizers(metadata.finalizers ?? [], `${path}.finalizers`),
  );
  return errors;
}

/** Errors in what objects of every kind and age may have. */
export function validateCommonMetadata(metadata: ObjectMeta, path = "metadata"): FieldError[] {
  return [
    ...validateLabels(metadata.labels, `${path}.labels`),
    ...validateAnnotations(metadata.annotations, `${path}.annotations`),
    ...validateOwnerReferences(metadata.ownerReferences ?? [], `${path}.ownerReferences`),
  ];
}

/** Errors in the metadata of a changed object, whose generation and times the server keeps. */
export function validateMetadataUpdate(
  metadata: ObjectMeta,
  old: ObjectMeta,
  path = "metadata",
): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    errors.push(...validateNoNewFinalizers(metadata, old, `${path}.finalizers`));
  }
  const immutable = (field: keyof ObjectMeta & string) => {
    if ((metadata[field] ?? "") === (old[field] ?? "")) return;
    errors.push(invalid(`${path}.${field}`, metadata[field] ?? "", "field is immutable"));
  };
  immutable("name");
  immutable("namespace");
  immutable("uid");
  immutable("creationTimestamp");
  immutable("deletionTimestamp");
  if (metadata.deletionGracePeriodSeconds !== old.deletionGracePeriodSeconds) {
    const value = metadata.deletionGracePeriodSeconds;
    errors.push(invalid(`${path}.deletionGracePeriodSeconds`, value, "field is immutable"));
  }
  return [...errors, ...validateCommonMetadata(metadata, path)];
}

export function validateLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels ?? {})) {
    errors.push(
      ...qualifiedNameErrors(key).map((text) => invalid(path, key, text)),
      ...labelValueErrors(value).map((text) => invalid(path, value, text)),
    );
  }
  return errors;
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Like a label key, but capital letters are allowed in the prefix too.
    const texts = qualifiedNameErrors(key.toLowerCase());
    errors.push(...texts.map((text) => invalid(path, key, text)));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > annotationsBytesMax) errors.push(tooLong(path, annotationsBytesMax));
  return errors;
}

function validateOwnerReferences(
  references: readonly OwnerReference[],
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let controller = "";
  for (const reference of references) {
    errors.push(...validateOwnerReference(reference, path));
    if (reference.controller !== true) continue;
    const name = `${reference.kind ?? ""}/${reference.name ?? ""}`;
    if (controller === "") {
      controller = name;
      continue;
    }
    const detail =
      "Only one reference can have Controller set to true. " +
      `Found "true" in references for ${controller} and ${name}`;
    errors.push(invalid(path, references, detail));
  }
  return errors;
}

function validateOwnerReference(reference: OwnerReference, path: string): FieldError[] {
  const { apiVersion = "", kind = "", name = "", uid = "" } = reference;
  const errors: FieldError[] = [];
  // What does not parse as group and version names no version.
  if (apiVersion === "" || apiVersion.endsWith("/") || apiVersion.split("/").length > 2) {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, "version must not be empty"));
  }
  if (kind === "") errors.push(invalid(`${path}.kind`, kind, "must not be empty"));
  if (name === "") errors.push(invalid(`${path}.name`, name, "must not be empty"));
  if (uid === "") errors.push(invalid(`${path}.uid`, uid, "must not be empty"));
  if (apiVersion === "v1" && kind === "Event") {
    errors.push(invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

export function validateFinalizers(finalizers: readonly string[], path: string): FieldError[] {
  const errors = finalizers.flatMap((finalizer) =>
    qualifiedNameErrors(finalizer).map((text) => invalid(path, finalizer, text)),
  );
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    const detail = `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`;
    errors.push(invalid(path, finalizers, detail));
  }
  return [...errors, ...validateStandardFinalizers(finalizers, path)];
}

/** A finalizer without a domain must be one that Kubernetes itself defines. */
export function validateStandardFinalizers(
  finalizers: readonly string[],
  path: string,
): FieldError[] {
  const detail = "name is neither a standard finalizer name nor is it fully qualified";
  return finalizers.flatMap((finalizer, index) => {
    if (finalizer.includes("/") || standardFinalizers.has(finalizer)) return [];
    return [invalid(`${path}[${index}]`, finalizer, detail)];
  });
}

function validateNoNewFinalizers(
  metadata: ObjectMeta,
  old: ObjectMeta,
  path: string,
): FieldError[] {
  const known = new Set(old.finalizers ?? []);
  const added = new Set((metadata.finalizers ?? []).filter((item) => !known.has(item)));
  if (added.size === 0) return [];
  const shown = [...added].sort().map(goQuote).join(", ");
  const detail =
    "no new finalizers can be added if the object is being deleted, " +
    `found new finalizers []string{${shown}}`;
  return [forbidden(path, detail)];
}
