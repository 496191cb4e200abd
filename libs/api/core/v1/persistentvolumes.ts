/** PersistentVolumes: storage that outlives pods. Validation is beside this file. */
import { timeText } from "#libs/api/time.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "#proto/gen/k8s/core/v1.ts";
import { defaultNetworkVolume } from "../../podtemplate/volumedefaults.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource, type KubeObject } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { validateVolume, validateVolumeUpdate } from "./persistentvolumes/validate.ts";

export const persistentvolumes = defineResource<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  singular: "persistentvolume",
  shortNames: ["pv"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.core.v1.PersistentVolume",
  storageVersionHash: "HN/zwEC+JgM=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults,
  prepareForCreate: (draft, { now }) => {
    draft.status = { phase: "Pending", lastPhaseTransitionTime: timeText(now) };
  },
  prepareForUpdate: (draft, old) => {
    if (old.status === undefined) delete draft.status;
    else draft.status = old.status;
  },
  validate: ({ spec }) => validateVolume(spec ?? {}),
  validateUpdate: ({ spec }, old) => validateVolumeUpdate(spec ?? {}, old.spec ?? {}),
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: mergeStatus,
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Capacity", type: "string", cell: ({ spec }) => spec?.capacity?.["storage"] ?? "" },
    {
      name: "Access Modes",
      type: "string",
      cell: ({ spec }) => accessModesText(spec?.accessModes),
    },
    {
      name: "Reclaim Policy",
      type: "string",
      cell: ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? "",
    },
    {
      name: "Status",
      type: "string",
      cell: ({ status, metadata }) =>
        metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    },
    { name: "Claim", type: "string", cell: claimText },
    { name: "StorageClass", type: "string", cell: storageClassText },
    {
      name: "VolumeAttributesClass",
      type: "string",
      cell: ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
    },
    { name: "Reason", type: "string", cell: ({ status }) => status?.reason ?? "" },
    ageColumn,
    {
      name: "VolumeMode",
      type: "string",
      priority: 1,
      cell: ({ spec }) => spec?.volumeMode ?? "<unset>",
    },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function defaults({ spec }: PersistentVolume): void {
  if (spec === undefined) return;
  spec.persistentVolumeReclaimPolicy ||= "Retain";
  spec.volumeMode ??= "Filesystem";
  defaultSource(spec);
}

/** Fills what a source means, in place. */
export function defaultSource(spec: PersistentVolumeSpec): void {
  if (spec.hostPath !== undefined) spec.hostPath.type ??= "";
  defaultNetworkVolume(spec);
}

/** The time of the last transition moves with the phase, unless the writer gives it. */
function mergeStatus(
  volume: PersistentVolume,
  old: PersistentVolume,
  { now }: { readonly now: number },
): PersistentVolume {
  const merged = { ...volume, spec: old.spec ?? {} };
  const { status } = merged;
  if (status === undefined) return merged;
  const given = status.lastPhaseTransitionTime;
  const before = old.status?.lastPhaseTransitionTime;
  if (status.phase === old.status?.phase) {
    if (given === undefined && before !== undefined) status.lastPhaseTransitionTime = before;
  } else if (given === undefined || given === before) {
    status.lastPhaseTransitionTime = timeText(now);
  }
  return merged;
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** `RWO,RWX`: in the order of the table above, each once. */
export function accessModesText(modes: readonly string[] = []): string {
  return Object.entries(shortModes)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

function claimText({ spec }: PersistentVolume): string {
  const { namespace, name } = spec?.claimRef ?? {};
  return name === undefined ? "" : `${namespace ?? ""}/${name}`;
}

interface Classed extends KubeObject {
  readonly spec?: { readonly storageClassName?: string };
}

/** How the class of a volume or a claim was said before there was a field for it. */
export const storageClassAnnotation = "volume.beta.kubernetes.io/storage-class";

/** The class of a volume or a claim: the annotation still counts, and before the field. */
export function storageClassText({ metadata, spec }: Classed): string {
  const annotation = metadata?.annotations?.[storageClassAnnotation];
  return annotation ?? spec?.storageClassName ?? "";
}
