/** Volumes as containers see them: mounts and devices. */
import type { Container, Volume, VolumeDevice, VolumeMount } from "#proto/gen/k8s/core/v1.ts";
import {
  fieldNotFound,
  forbidden,
  invalid,
  notSupported,
  required,
  type FieldError,
} from "../errors.ts";
import { descendingPathField } from "../validation/fields.ts";

/** The valid volumes of a pod by name. */
export type VolumesByName = ReadonlyMap<string, Volume>;

export function validateMounts(
  container: Container,
  volumes: VolumesByName,
  path: string,
): FieldError[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const deviceNames = new Set(volumeDevices.map(({ name }) => name ?? ""));
  const devicePaths = new Set(volumeDevices.map(({ devicePath }) => devicePath ?? ""));
  const seen = new Set<string>();
  return volumeMounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`;
    const { name = "", mountPath = "" } = mount;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${at}.name`, ""));
    if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    if (mountPath === "") errors.push(required(`${at}.mountPath`, ""));
    if (seen.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, "must be unique"));
    seen.add(mountPath);
    if (deviceNames.has(name)) {
      errors.push(invalid(`${at}.name`, name, "must not already exist in volumeDevices"));
    }
    if (devicePaths.has(mountPath)) {
      const detail = "must not already exist as a path in volumeDevices";
      errors.push(invalid(`${at}.mountPath`, mountPath, detail));
    }
    errors.push(...validateSubPaths(mount, at, path));
    return [...errors, ...validateModes(mount, container, path)];
  });
}

/** Kubernetes names the list, not the mount, where a sub path is wrong: `listPath`. */
function validateSubPaths(mount: VolumeMount, path: string, listPath: string): FieldError[] {
  const { subPath = "", subPathExpr = "" } = mount;
  const errors = subPath === "" ? [] : descendingPathField(`${listPath}.subPath`, subPath);
  if (subPathExpr === "") return errors;
  if (subPath !== "") {
    const detail = "subPathExpr and subPath are mutually exclusive";
    errors.push(invalid(`${path}.subPathExpr`, subPathExpr, detail));
  }
  return [...errors, ...descendingPathField(`${listPath}.subPathExpr`, subPathExpr)];
}

const propagations = ["Bidirectional", "HostToContainer", "None"];

function validateModes(mount: VolumeMount, container: Container, path: string): FieldError[] {
  const { mountPropagation } = mount;
  const at = `${path}.mountPropagation`;
  const errors: FieldError[] = [];
  if (mountPropagation !== undefined && !propagations.includes(mountPropagation)) {
    errors.push(notSupported(at, mountPropagation, propagations));
  }
  const privileged = container.securityContext?.privileged === true;
  if (mountPropagation === "Bidirectional" && !privileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    errors.push(forbidden(at, detail));
  }
  return [...errors, ...validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`)];
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string): FieldError[] {
  const { recursiveReadOnly, readOnly, mountPropagation = "None" } = mount;
  switch (recursiveReadOnly) {
    case undefined:
    case "Disabled":
      return [];
    case "Enabled":
    case "IfPossible": {
      const errors: FieldError[] = [];
      if (readOnly !== true) {
        errors.push(forbidden(path, "may only be specified when readOnly is true"));
      }
      if (mountPropagation !== "None") {
        const detail = "may only be specified when mountPropagation is None or not specified";
        errors.push(forbidden(path, detail));
      }
      return errors;
    }
    default:
      return [notSupported(path, recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"])];
  }
}

export function validateDevices(
  { volumeMounts = [], volumeDevices = [] }: Container,
  volumes: VolumesByName,
  path: string,
): FieldError[] {
  const mountNames = new Set(volumeMounts.map(({ name }) => name ?? ""));
  const mountPaths = new Set(volumeMounts.map(({ mountPath }) => mountPath ?? ""));
  const names = new Set<string>();
  const paths = new Set<string>();
  return volumeDevices.flatMap((device, index) => {
    const at = `${path}[${index}]`;
    const { name = "", devicePath = "" } = device;
    const errors = validateDeviceName(device, volumes, names, at);
    errors.push(...validateDevicePath(devicePath, paths, `${at}.devicePath`));
    if (mountNames.has(name)) {
      errors.push(invalid(`${at}.name`, name, "must not already exist in volumeMounts"));
    }
    if (mountPaths.has(devicePath)) {
      const detail = "must not already exist as a path in volumeMounts";
      errors.push(invalid(`${at}.devicePath`, devicePath, detail));
    }
    if (name !== "") names.add(name);
    paths.add(devicePath);
    return errors;
  });
}

function validateDeviceName(
  { name = "" }: VolumeDevice,
  volumes: VolumesByName,
  seen: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const volume = volumes.get(name);
  if (name === "") errors.push(required(`${path}.name`, ""));
  if (seen.has(name)) errors.push(invalid(`${path}.name`, name, "must be unique"));
  if (volume === undefined) errors.push(fieldNotFound(`${path}.name`, name));
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    const detail =
      "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
    errors.push(invalid(`${path}.name`, name, detail));
  }
  return errors;
}

function validateDevicePath(
  devicePath: string,
  seen: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (devicePath === "") errors.push(required(path, ""));
  if (seen.has(devicePath)) errors.push(invalid(path, devicePath, "must be unique"));
  if (devicePath.split("/").includes("..")) {
    errors.push(invalid(path, devicePath, "can not contain backsteps ('..')"));
  }
  return errors;
}
