/** Volumes made of small files: secrets, config maps, fields of the pod, tokens. */
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  ProjectedVolumeSource,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, required, type FieldError } from "../errors.ts";
import { requireText, unreservedPathField } from "../validation/fields.ts";
import { validateFieldRef, validateResourceRef } from "./env.ts";

const fileModeMax = 0o777;

function validateMode(mode: number | undefined, path: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= fileModeMax)) return [];
  return [invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}

export function validateSecretVolume(source: SecretVolumeSource, path: string): FieldError[] {
  return [
    ...requireText(`${path}.secretName`, source.secretName),
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateItems(source.items, `${path}.items`),
  ];
}

export function validateConfigMapVolume(source: ConfigMapVolumeSource, path: string): FieldError[] {
  return [
    ...requireText(`${path}.name`, source.name),
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateItems(source.items, `${path}.items`),
  ];
}

function validateItems(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => validateItem(item, `${path}[${index}]`));
}

function validateItem({ key, path: target = "", mode }: KeyToPath, path: string): FieldError[] {
  return [
    ...requireText(`${path}.key`, key),
    ...requireText(`${path}.path`, target),
    ...unreservedPathField(`${path}.path`, target),
    ...validateMode(mode, `${path}.mode`),
  ];
}

/** Errors of items name the volume: Kubernetes counts them not. */
export function validateDownwardVolume(
  { defaultMode, items = [] }: DownwardAPIVolumeSource,
  path: string,
): FieldError[] {
  return [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...items.flatMap((file) => validateDownwardFile(file, path)),
  ];
}

const volumeFieldPaths = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

function validateDownwardFile(file: DownwardAPIVolumeFile, path: string): FieldError[] {
  const { path: target = "", fieldRef, resourceFieldRef, mode } = file;
  const errors = [
    ...requireText(`${path}.path`, target),
    ...unreservedPathField(`${path}.path`, target),
  ];
  if (fieldRef !== undefined) {
    errors.push(...validateFieldRef(fieldRef, volumeFieldPaths, `${path}.fieldRef`));
    if (resourceFieldRef !== undefined) {
      const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
      errors.push(invalid(path, "resource", detail));
    }
  } else if (resourceFieldRef === undefined) {
    errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  } else if ((resourceFieldRef.containerName ?? "") === "") {
    // A volume belongs to no container: it must say whose resources it means.
    errors.push(required(`${path}.resourceFieldRef.containerName`, ""));
  } else errors.push(...validateResourceRef(resourceFieldRef, `${path}.resourceFieldRef`));
  return [...errors, ...validateMode(mode, `${path}.mode`)];
}

export function validateProjectedVolume(
  { defaultMode, sources }: ProjectedVolumeSource,
  path: string,
): FieldError[] {
  const paths = new Set<string>();
  return [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    // Decoding leaves null where Go has no list.
    ...(sources ?? []).flatMap((source, index) =>
      validateProjection(source, paths, `${path}.sources[${index}]`, path),
    ),
  ];
}

/** `paths` collects the files of all sources: two may not meet, which blames `volumePath`. */
function validateProjection(
  source: VolumeProjection,
  paths: Set<string>,
  path: string,
  volumePath: string,
): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source;
  const claim = (file: string, shown: string): FieldError[] => {
    if (file === "") return [];
    if (paths.has(file)) return [invalid(volumePath, shown, "conflicting duplicate paths")];
    paths.add(file);
    return [];
  };
  const errors: FieldError[] = [];
  for (const [name, projection] of Object.entries({ secret, configMap })) {
    if (projection === undefined) continue;
    const at = `${path}.${name}`;
    errors.push(...requireText(`${at}.name`, projection.name));
    projection.items?.forEach((item, index) => {
      errors.push(...validateItem(item, `${at}.items[${index}]`));
      errors.push(...claim(item.path ?? "", projection.name ?? ""));
    });
  }
  for (const file of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(file, `${path}.downwardAPI`));
    errors.push(...claim(file.path ?? "", file.path ?? ""));
  }
  if (serviceAccountToken !== undefined) {
    errors.push(...validateToken(serviceAccountToken, path, volumePath));
  }
  const given = [secret, configMap, downwardAPI, serviceAccountToken];
  if (given.filter((projection) => projection !== undefined).length > 1) {
    errors.push(forbidden(path, "may not specify more than 1 volume type per source"));
  }
  return errors;
}

const tokenSecondsMin = 10 * 60;
const tokenSecondsMax = 2 ** 32;

function validateToken(
  { expirationSeconds = 0, path: target = "" }: ServiceAccountTokenProjection,
  path: string,
  volumePath: string,
): FieldError[] {
  const at = `${path}.serviceAccountToken.expirationSeconds`;
  const errors: FieldError[] = [];
  if (expirationSeconds < tokenSecondsMin) {
    const detail = "may not specify a duration less than 10 minutes";
    errors.push(invalid(at, expirationSeconds, detail));
  }
  if (expirationSeconds > tokenSecondsMax) {
    const detail = "may not specify a duration larger than 2^32 seconds";
    errors.push(invalid(at, expirationSeconds, detail));
  }
  if (target === "") return [...errors, required(`${volumePath}.path`, "")];
  return [...errors, ...unreservedPathField(`${volumePath}.path`, target)];
}
