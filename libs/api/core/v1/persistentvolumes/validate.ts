/** Validation of persistent volumes, in Kubernetes' order. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  CSIPersistentVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  Volume,
} from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual, validateImmutable } from "../../../equality.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { goName, goStruct } from "../../../goform.ts";
import { validateNodeSelector } from "../../../podtemplate/affinity.ts";
import { volumeSources } from "../../../podtemplate/volumesources.ts";
import { unifiedDiff } from "../../../unifieddiff.ts";
import { driverNameField } from "../../../validation/drivers.ts";
import {
  dnsLabelField,
  dnsSubdomainField,
  noBackstepsField,
  optionalWordField,
  requireText,
} from "../../../validation/fields.ts";
import { isPositiveQuantity } from "../../../validation/quantities.ts";

export const accessModeWords = [
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOnce",
  "ReadWriteOncePod",
];
const reclaimPolicies = ["Delete", "Recycle", "Retain"];
const volumeModes = ["Block", "Filesystem"];

export function validateVolume(spec: PersistentVolumeSpec): FieldError[] {
  return [
    ...validateAccessModes(spec.accessModes ?? []),
    ...validateCapacity(spec.capacity ?? {}),
    ...optionalWordField(
      "spec.persistentVolumeReclaimPolicy",
      spec.persistentVolumeReclaimPolicy || undefined,
      reclaimPolicies,
    ),
    ...validateNodeAffinity(spec),
    ...validateSources(spec),
    ...validateRecycling(spec),
    ...(spec.storageClassName
      ? dnsSubdomainField("spec.storageClassName", spec.storageClassName)
      : []),
    ...optionalWordField("spec.volumeMode", spec.volumeMode, volumeModes),
    ...(spec.volumeAttributesClassName === undefined
      ? []
      : dnsSubdomainField("spec.volumeAttributesClassName", spec.volumeAttributesClassName)),
  ];
}

function validateAccessModes(modes: readonly string[]): FieldError[] {
  const path = "spec.accessModes";
  if (modes.length === 0) return [required(path, "")];
  const errors = modes
    .filter((mode) => !accessModeWords.includes(mode))
    .map((mode) => notSupported(path, mode, accessModeWords));
  if (!modes.includes("ReadWriteOncePod") || modes.length === 1) return errors;
  return [...errors, forbidden(path, "may not use ReadWriteOncePod with other access modes")];
}

function validateCapacity(capacity: Readonly<Record<string, string>>): FieldError[] {
  const path = "spec.capacity";
  const names = Object.keys(capacity);
  const errors: FieldError[] = names.length === 0 ? [required(path, "")] : [];
  if (names.length > 1 || capacity["storage"] === undefined) {
    errors.push(notSupported(path, names.length === 0 ? null : capacity, ["storage"]));
  }
  for (const [name, quantity] of Object.entries(capacity)) {
    if (isPositiveQuantity(quantity)) continue;
    errors.push(invalid(`${path}[${name}]`, quantity, "must be greater than zero"));
  }
  return errors;
}

function validateNodeAffinity({ nodeAffinity }: PersistentVolumeSpec): FieldError[] {
  if (nodeAffinity === undefined) return [];
  const path = "spec.nodeAffinity.required";
  const { required: selector } = nodeAffinity;
  if (selector === undefined) return [required(path, "must specify required node constraints")];
  return validateNodeSelector(selector, path);
}

type SourceName = Extract<keyof PersistentVolumeSpec, keyof Volume> | "local";

/** In the order in which Kubernetes looks at them. */
const sourceNames: readonly SourceName[] = [
  ...(["hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker"] as const),
  ...(["nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder", "fc", "flexVolume"] as const),
  ...(["azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume"] as const),
  ...(["azureDisk", "scaleIO", "local", "storageos", "csi"] as const),
];

function validateSources(spec: PersistentVolumeSpec): FieldError[] {
  const given = sourceNames.filter((name) => spec[name] !== undefined);
  if (given.length === 0) return [required("spec", "must specify a volume type")];
  return given.flatMap((name, index) =>
    index === 0
      ? validateSource(spec, name)
      : [forbidden(`spec.${name}`, "may not specify more than 1 volume type")],
  );
}

function validateSource(spec: PersistentVolumeSpec, name: SourceName): FieldError[] {
  const path = `spec.${name}`;
  switch (name) {
    case "csi":
      return validateCsi(spec.csi ?? {}, path);
    case "local":
      return validateLocal(spec, path);
    default:
      // The sources of volumes and of pods' volumes differ in references to secrets only.
      return volumeSources[name]({ name: "", [name]: spec[name] } as Volume, path, "spec");
  }
}

function validateLocal({ local, nodeAffinity }: PersistentVolumeSpec, path: string): FieldError[] {
  const target = local?.path ?? "";
  return [
    ...requireText(`${path}.path`, target),
    ...noBackstepsField(`${path}.path`, target),
    ...(nodeAffinity === undefined
      ? [required("spec.nodeAffinity", "Local volume requires node affinity")]
      : []),
  ];
}

function validateCsi(csi: CSIPersistentVolumeSource, path: string): FieldError[] {
  const errors = [
    ...driverNameField(`${path}.driver`, csi.driver),
    ...requireText(`${path}.volumeHandle`, csi.volumeHandle),
  ];
  const references = [
    ["controllerPublishSecretRef", csi.controllerPublishSecretRef],
    ["controllerExpandSecretRef", csi.controllerExpandSecretRef],
    ["nodePublishSecretRef", csi.nodePublishSecretRef],
    ["nodeExpandSecretRef", csi.nodeExpandSecretRef],
  ] as const;
  for (const [field, reference] of references) {
    if (reference) errors.push(...validateSecretReference(reference, `${path}.${field}`));
  }
  return errors;
}

function validateSecretReference(reference: SecretReference, path: string): FieldError[] {
  const { name = "", namespace = "" } = reference;
  return [
    ...(name === "" ? [required(`${path}.name`, "")] : dnsSubdomainField(`${path}.name`, name)),
    ...(namespace === ""
      ? [required(`${path}.namespace`, "")]
      : dnsLabelField(`${path}.namespace`, namespace)),
  ];
}

function validateRecycling(spec: PersistentVolumeSpec): FieldError[] {
  const isRoot = /^\/+(\.?\/*)*$/.test(spec.hostPath?.path ?? "");
  if (!isRoot || spec.persistentVolumeReclaimPolicy !== "Recycle") return [];
  const detail = "may not be 'recycle' for a hostPath mount of '/'";
  return [forbidden("spec.persistentVolumeReclaimPolicy", detail)];
}

/** Kubernetes validates an updated volume twice, and tells everything twice. */
export function validateVolumeUpdate(
  spec: PersistentVolumeSpec,
  old: PersistentVolumeSpec,
): FieldError[] {
  const errors = validateVolume(spec);
  return [
    ...errors,
    ...errors,
    ...validateSourceUpdate(spec, old),
    ...validateImmutable("volumeMode", spec.volumeMode, old.volumeMode),
    ...validateAffinityUpdate(spec, old),
  ];
}

function validateSourceUpdate(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldError[] {
  const isSame = sourceNames.every((name) => semanticEqual(spec[name], old[name]));
  if (isSame) return [];
  const path = "spec.persistentvolumesource";
  const difference = unifiedDiff(sourceText(old), sourceText(spec));
  return [forbidden(path, `${path} is immutable after creation\n${difference}`)];
}

/** Kinds of sources in the order of Kubernetes' internal type. */
const internalOrder: readonly SourceName[] = [
  ...(["gcePersistentDisk", "awsElasticBlockStore", "hostPath", "glusterfs", "nfs"] as const),
  ...(["rbd", "quobyte", "iscsi", "flexVolume", "cinder", "cephfs", "fc", "flocker"] as const),
  ...(["azureFile", "vsphereVolume", "azureDisk", "photonPersistentDisk"] as const),
  ...(["portworxVolume", "scaleIO", "local", "storageos", "csi"] as const),
];

/** The sources as Go prints them: every kind, null where it is not used. */
function sourceText(spec: PersistentVolumeSpec): string {
  const all = goStruct(spec, schemaOf("k8s.core.v1.PersistentVolumeSource"));
  const ordered = internalOrder.map((name) => [goName(name), all[goName(name)]]);
  return JSON.stringify(Object.fromEntries(ordered), null, 1);
}

function validateAffinityUpdate(
  { nodeAffinity }: PersistentVolumeSpec,
  old: PersistentVolumeSpec,
): FieldError[] {
  if (old.nodeAffinity === undefined) return [];
  if (semanticEqual(nodeAffinity, old.nodeAffinity)) return [];
  const detail = "field is immutable, except for updating from beta label to GA";
  return [invalid("spec.nodeAffinity", nodeAffinity, detail)];
}
