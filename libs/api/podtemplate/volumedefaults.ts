/** Defaults of volumes. */
import type {
  AzureDiskVolumeSource,
  DownwardAPIVolumeFile,
  ISCSIVolumeSource,
  ProjectedVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
  Volume,
} from "#proto/gen/k8s/core/v1.ts";
import { defaultPullPolicy } from "./image.ts";
import { defaultFieldRef, defaultResourceRef } from "./references.ts";

const defaultFileMode = 0o644;
const tokenExpirationSeconds = 3600;

/** Fills a volume in place; one without a source is an empty directory. */
export function defaultVolume(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {};
  if (volume.hostPath !== undefined) volume.hostPath.type ??= "";
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source !== undefined) source.defaultMode ??= defaultFileMode;
  }
  volume.downwardAPI?.items?.forEach(defaultFile);
  if (volume.projected !== undefined) defaultProjected(volume.projected);
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim !== undefined) {
    claim.spec ??= {};
    claim.spec.volumeMode ??= "Filesystem";
  }
  if (volume.image !== undefined) {
    volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference ?? "");
  }
  defaultNetworkVolume(volume);
}

function hasSource(volume: Volume): boolean {
  return Object.entries(volume).some(([field, source]) => field !== "name" && source);
}

function defaultProjected({ sources }: ProjectedVolumeSource): void {
  for (const { downwardAPI, serviceAccountToken } of sources ?? []) {
    downwardAPI?.items?.forEach(defaultFile);
    if (serviceAccountToken !== undefined) {
      serviceAccountToken.expirationSeconds ||= tokenExpirationSeconds;
    }
  }
}

function defaultFile(file: DownwardAPIVolumeFile): void {
  defaultFieldRef(file.fieldRef);
  defaultResourceRef(file.resourceFieldRef);
}

/** Sources that pods and persistent volumes have alike. */
interface NetworkSources {
  readonly iscsi?: Pick<ISCSIVolumeSource, "iscsiInterface">;
  readonly rbd?: Pick<RBDVolumeSource, "pool" | "user" | "keyring">;
  readonly azureDisk?: AzureDiskVolumeSource;
  readonly scaleIO?: Pick<ScaleIOVolumeSource, "storageMode" | "fsType">;
}

export function defaultNetworkVolume({ iscsi, rbd, azureDisk, scaleIO }: NetworkSources): void {
  if (iscsi !== undefined) iscsi.iscsiInterface ||= "default";
  if (rbd !== undefined) {
    rbd.pool ||= "rbd";
    rbd.user ||= "admin";
    rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}
