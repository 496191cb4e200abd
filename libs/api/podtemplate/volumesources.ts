/** What each kind of volume needs; the order is that in which Kubernetes checks them. */
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlexVolumeSource,
  ISCSIVolumeSource,
  Volume,
} from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../errors.ts";
import {
  descendingPathField,
  noBackstepsField,
  optionalWordField,
  requireText,
} from "../validation/fields.ts";
import { rangeText } from "../validation/names.ts";
import { isNegativeQuantity } from "../validation/quantities.ts";
import { validateClaimTemplate } from "./claims.ts";
import {
  validateConfigMapVolume,
  validateDownwardVolume,
  validateProjectedVolume,
  validateSecretVolume,
} from "./files.ts";

/** `path` of the source; `volumePath` where Kubernetes blames the volume instead. */
type SourceCheck = (volume: Volume, path: string, volumePath: string) => FieldError[];

export type SourceName = Exclude<keyof Volume, "name">;

export const volumeSources: Readonly<Record<SourceName, SourceCheck>> = {
  emptyDir: ({ emptyDir }, path) => {
    if (!isNegativeQuantity(emptyDir?.sizeLimit ?? "0")) return [];
    const detail = "SizeLimit field must be a valid resource quantity";
    return [forbidden(`${path}.sizeLimit`, detail)];
  },
  hostPath: validateHostPath,
  gitRepo: ({ gitRepo }, path) => [
    ...requireText(`${path}.repository`, gitRepo?.repository),
    ...descendingPathField(`${path}.directory`, gitRepo?.directory ?? ""),
  ],
  gcePersistentDisk: ({ gcePersistentDisk: disk }, _, volumePath) => [
    ...requireText(`${volumePath}.persistentDisk.pdName`, disk?.pdName),
    ...partitionErrors(disk?.partition, `${volumePath}.persistentDisk`),
  ],
  awsElasticBlockStore: ({ awsElasticBlockStore: disk }, path) => [
    ...requireText(`${path}.volumeID`, disk?.volumeID),
    ...partitionErrors(disk?.partition, path),
  ],
  secret: ({ secret = {} }, path) => validateSecretVolume(secret, path),
  nfs: validateNfs,
  iscsi: ({ name = "", iscsi = {} }, path, volumePath) =>
    validateIscsi(iscsi, name, path, volumePath),
  glusterfs: ({ glusterfs }, path) => [
    ...requireText(`${path}.endpoints`, glusterfs?.endpoints),
    ...requireText(`${path}.path`, glusterfs?.path),
  ],
  flocker: validateFlocker,
  persistentVolumeClaim: ({ persistentVolumeClaim: claim }, path) =>
    requireText(`${path}.claimName`, claim?.claimName),
  rbd: ({ rbd }, path) => [
    ...requireSome(`${path}.monitors`, rbd?.monitors),
    ...requireText(`${path}.image`, rbd?.image),
  ],
  cinder: ({ cinder }, path) => [
    ...requireText(`${path}.volumeID`, cinder?.volumeID),
    ...(cinder?.secretRef === undefined
      ? []
      : requireText(`${path}.secretRef.name`, cinder.secretRef.name)),
  ],
  cephfs: ({ cephfs }, path) => requireSome(`${path}.monitors`, cephfs?.monitors),
  quobyte: validateQuobyte,
  downwardAPI: ({ downwardAPI = {} }, path) => validateDownwardVolume(downwardAPI, path),
  fc: ({ fc = {} }, path) => validateFibreChannel(fc, path),
  flexVolume: ({ flexVolume = {} }, path) => validateFlexVolume(flexVolume, path),
  configMap: ({ configMap = {} }, path) => validateConfigMapVolume(configMap, path),
  azureFile: ({ azureFile }, path) => [
    ...requireText(`${path}.secretName`, azureFile?.secretName),
    ...requireText(`${path}.shareName`, azureFile?.shareName),
  ],
  vsphereVolume: ({ vsphereVolume }, path) =>
    requireText(`${path}.volumePath`, vsphereVolume?.volumePath),
  photonPersistentDisk: ({ photonPersistentDisk }, path) =>
    requireText(`${path}.pdID`, photonPersistentDisk?.pdID),
  portworxVolume: ({ portworxVolume }, path) =>
    requireText(`${path}.volumeID`, portworxVolume?.volumeID),
  azureDisk: ({ azureDisk = {} }, path) => validateAzureDisk(azureDisk, path),
  storageos: validateStorageOs,
  projected: ({ projected = {} }, path) => validateProjectedVolume(projected, path),
  scaleIO: ({ scaleIO }, path) => [
    ...requireText(`${path}.gateway`, scaleIO?.gateway),
    ...requireText(`${path}.system`, scaleIO?.system),
    ...requireText(`${path}.volumeName`, scaleIO?.volumeName),
  ],
  csi: ({ csi }, path) => [
    ...requireText(`${path}.driver`, csi?.driver),
    ...(csi?.nodePublishSecretRef === undefined
      ? []
      : requireText(`${path}.nodePublishSecretRef.name`, csi.nodePublishSecretRef.name)),
  ],
  ephemeral: ({ ephemeral = {} }, path) => {
    const at = `${path}.volumeClaimTemplate`;
    const template = ephemeral.volumeClaimTemplate;
    return template === undefined ? [required(at, "")] : validateClaimTemplate(template, at);
  },
  image: ({ image }, path) =>
    optionalWordField(`${path}.pullPolicy`, image?.pullPolicy || undefined, pullPolicies),
};

export const pullPolicies = ["Always", "IfNotPresent", "Never"];

function requireSome(path: string, list: readonly string[] | undefined): FieldError[] {
  return (list ?? []).length === 0 ? [required(path, "")] : [];
}

const hostPathTypes = [
  ...["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate"],
  ...["File", "FileOrCreate", "Socket"],
];

function validateHostPath({ hostPath = {} }: Volume, path: string): FieldError[] {
  const { path: target = "", type } = hostPath;
  if (target === "") return [required(`${path}.path`, "")];
  return [
    ...noBackstepsField(`${path}.path`, target),
    ...optionalWordField(`${path}.type`, type, hostPathTypes),
  ];
}

function partitionErrors(partition = 0, path: string): FieldError[] {
  if (partition >= 0 && partition <= 255) return [];
  return [invalid(`${path}.partition`, partition, rangeText(1, 255))];
}

function validateNfs({ nfs = {} }: Volume, path: string): FieldError[] {
  const { server, path: target = "" } = nfs;
  const errors = [...requireText(`${path}.server`, server), ...requireText(`${path}.path`, target)];
  if (target.startsWith("/")) return errors;
  return [...errors, invalid(`${path}.path`, target, "must be an absolute path")];
}

function validateIscsi(
  iscsi: ISCSIVolumeSource,
  volumeName: string,
  path: string,
  volumePath: string,
): FieldError[] {
  const { targetPortal = "", iqn = "", lun = 0, initiatorName, secretRef } = iscsi;
  const errors = requireText(`${path}.targetPortal`, targetPortal);
  if (iqn === "") errors.push(required(`${path}.iqn`, ""));
  else errors.push(...qualifiedIscsiName(`${path}.iqn`, iqn));
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, rangeText(0, 255)));
  const authenticates = iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true;
  if (authenticates && secretRef === undefined) errors.push(required(`${path}.secretRef`, ""));
  if (initiatorName === undefined) return errors;
  errors.push(...qualifiedIscsiName(`${path}.initiatorname`, initiatorName));
  if (`${volumeName}:${targetPortal}`.length > 64) {
    const detail =
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters " +
      "if iscsi.initiatorName is specified.";
    errors.push(invalid(`${volumePath}.name`, volumeName, detail));
  }
  return errors;
}

const iscsiNames: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Fa-f0-9]{16}$/,
  naa: /^naa.[A-Fa-f0-9]{32}$/,
};

function qualifiedIscsiName(path: string, name: string): FieldError[] {
  const shape = iscsiNames[name.slice(0, 3)];
  if (shape === undefined) {
    const detail = "must be valid format starting with iqn, eui, or naa";
    return [invalid(path, name, detail)];
  }
  return shape.test(name) ? [] : [invalid(path, name, "must be valid format")];
}

function validateFlocker({ flocker = {} }: Volume, path: string): FieldError[] {
  const { datasetName = "", datasetUUID = "" } = flocker;
  const errors: FieldError[] = [];
  if (datasetName === "" && datasetUUID === "") {
    errors.push(required(path, "one of datasetName and datasetUUID is required"));
  }
  if (datasetName !== "" && datasetUUID !== "") {
    const detail = "datasetName and datasetUUID can not be specified simultaneously";
    errors.push(invalid(path, "resource", detail));
  }
  if (datasetName.includes("/")) {
    errors.push(invalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
  }
  return errors;
}

function validateQuobyte({ quobyte = {} }: Volume, path: string): FieldError[] {
  const { registry = "", tenant = "", volume } = quobyte;
  const pairs = "must be a host:port pair or multiple pairs separated by commas";
  const errors: FieldError[] = [];
  if (registry === "") errors.push(required(`${path}.registry`, pairs));
  else if (tenant.length >= 65) {
    const detail = "must be a UUID and may not exceed a length of 64 characters";
    errors.push(required(`${path}.tenant`, detail));
  } else {
    const wrong = registry.split(",").filter((pair) => !/^[^:]+:[^:]*$/.test(pair));
    errors.push(...wrong.map(() => invalid(`${path}.registry`, registry, pairs)));
  }
  return [...errors, ...requireText(`${path}.volume`, volume)];
}

function validateFibreChannel(fc: FCVolumeSource, path: string): FieldError[] {
  const { targetWWNs = [], wwids = [], lun } = fc;
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) {
    const detail = "must specify either targetWWNs or wwids, but not both";
    errors.push(required(`${path}.targetWWNs`, detail));
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    const detail = "targetWWNs and wwids can not be specified simultaneously";
    errors.push(invalid(`${path}.targetWWNs`, targetWWNs, detail));
  }
  if (targetWWNs.length === 0) return errors;
  if (lun === undefined) {
    errors.push(required(`${path}.lun`, "lun is required if targetWWNs is specified"));
  } else if (lun < 0 || lun > 255) {
    errors.push(invalid(`${path}.lun`, lun, rangeText(0, 255)));
  }
  return errors;
}

function validateFlexVolume({ driver, options }: FlexVolumeSource, path: string): FieldError[] {
  const reserved = Object.keys(options ?? {}).filter((option) => {
    const namespace = option.split("/", 1)[0]?.toLowerCase() ?? "";
    return /(^|\.)(kubernetes|k8s)\.io$/.test(namespace);
  });
  return [
    ...requireText(`${path}.driver`, driver),
    ...reserved.map((option) => {
      const detail = "kubernetes.io and k8s.io namespaces are reserved";
      return invalid(`${path}.options[${option}]`, option, detail);
    }),
  ];
}

const managedDisk =
  "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
const blobDisk = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";

function validateAzureDisk(disk: AzureDiskVolumeSource, path: string): FieldError[] {
  const { diskName, diskURI = "", cachingMode, kind } = disk;
  const cachingModes = ["None", "ReadOnly", "ReadWrite"];
  const errors = [
    ...requireText(`${path}.diskName`, diskName),
    ...requireText(`${path}.diskURI`, diskURI),
    ...optionalWordField(`${path}.cachingMode`, cachingMode, cachingModes),
    ...optionalWordField(`${path}.kind`, kind, ["Dedicated", "Managed", "Shared"]),
  ];
  if (kind === undefined) return errors;
  const [prefix, shape] =
    kind === "Managed" ? ["/subscriptions/", managedDisk] : ["https://", blobDisk];
  if (diskURI.startsWith(prefix)) return errors;
  return [...errors, notSupported(`${path}.diskURI`, diskURI, [shape])];
}

function validateStorageOs({ storageos = {} }: Volume, path: string): FieldError[] {
  const { volumeName, volumeNamespace, secretRef } = storageos;
  return [
    ...requireText(`${path}.volumeName`, volumeName),
    ...(volumeNamespace === "" ? [required(`${path}.volumeNamespace`, "")] : []),
    ...(secretRef === undefined ? [] : requireText(`${path}.secretRef.name`, secretRef.name)),
  ];
}
