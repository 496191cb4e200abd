/** Claims of persistent volumes inside pods. */
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
} from "#proto/gen/k8s/core/v1.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../errors.ts";
import { validateAnnotations, validateLabels } from "../metadata/validate.ts";
import { dns1123SubdomainErrors } from "../names.ts";
import { invalidFor, optionalWordField } from "../validation/fields.ts";
import { isPositiveQuantity } from "../validation/quantities.ts";
import { validateLabelSelector } from "../validation/selectors.ts";

/** The claim that an ephemeral volume makes for its pod. */
export function validateClaimTemplate(
  { metadata = {}, spec = {} }: PersistentVolumeClaimTemplate,
  path: string,
): FieldError[] {
  return [
    ...validateTemplateMetadata(metadata, `${path}.metadata`),
    ...validateClaimSpec(spec, `${path}.spec`),
  ];
}

/** Only labels and annotations are copied to the claim. */
export function validateTemplateMetadata(metadata: ObjectMeta, path: string): FieldError[] {
  const { labels, annotations, ...rest } = metadata;
  const set = Object.entries(rest).filter(
    ([, value]) => value !== undefined && value !== "" && value !== null,
  );
  return [
    ...validateAnnotations(annotations, `${path}.annotations`),
    ...validateLabels(labels, `${path}.labels`),
    ...set.map(([field]) => forbidden(`${path}.${field}`, "cannot be set")),
  ];
}

const accessModeWords = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  const { accessModes = [], selector, resources, storageClassName, volumeMode } = spec;
  const modesPath = `${path}.accessModes`;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) {
    errors.push(required(modesPath, "at least 1 access mode is required"));
  }
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  for (const mode of accessModes) {
    if (accessModeWords.includes(mode)) continue;
    errors.push(notSupported(modesPath, mode, accessModeWords));
  }
  if (accessModes.includes("ReadWriteOncePod") && accessModes.length > 1) {
    const detail = "may not use ReadWriteOncePod with other access modes";
    errors.push(forbidden(modesPath, detail));
  }
  const storage = resources?.requests?.["storage"];
  const storagePath = `${path}.resources[storage]`;
  if (storage === undefined) errors.push(required(storagePath, ""));
  else if (!isPositiveQuantity(storage)) {
    errors.push(invalid(storagePath, storage, "must be greater than zero"));
  }
  if (storageClassName !== undefined && storageClassName !== "") {
    const texts = dns1123SubdomainErrors(storageClassName);
    errors.push(...invalidFor(`${path}.storageClassName`, storageClassName, texts));
  }
  const modes = ["Block", "Filesystem"];
  return [...errors, ...optionalWordField(`${path}.volumeMode`, volumeMode, modes)];
}
