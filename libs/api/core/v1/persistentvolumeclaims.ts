/** PersistentVolumeClaims: a pod's wish for storage. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
} from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, invalid, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { validateClaimSpec } from "../../podtemplate/claims.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { unifiedDiff } from "../../unifieddiff.ts";
import { dnsSubdomainField, requireText } from "../../validation/fields.ts";
import { compareQuantities } from "../../quantity.ts";
import { everyVerb } from "../../verbs.ts";
import { accessModesText, storageClassText } from "./persistentvolumes.ts";

export const persistentvolumeclaims = defineResource<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  shortNames: ["pvc"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.PersistentVolumeClaim",
  storageVersionHash: "QWTyNDq0dC4=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => {
    if (spec !== undefined) spec.volumeMode ??= "Filesystem";
  },
  prepareForCreate: (draft) => {
    draft.spec ??= {};
    draft.spec.volumeMode ??= "Filesystem";
    draft.status = { phase: "Pending" };
    linkDataSources(draft.spec);
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? { phase: "Pending" };
    if (draft.spec !== undefined) linkDataSources(draft.spec);
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (claim, old) => ({ ...claim, spec: old.spec ?? {} }),
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      cell: ({ status, metadata }) =>
        metadata?.deletionTimestamp ? "Terminating" : (status?.phase ?? ""),
    },
    { name: "Volume", type: "string", cell: ({ spec }) => spec?.volumeName ?? "" },
    {
      name: "Capacity",
      type: "string",
      cell: ({ spec, status }) => (spec?.volumeName ? (status?.capacity?.["storage"] ?? "") : ""),
    },
    {
      name: "Access Modes",
      type: "string",
      cell: ({ spec, status }) => (spec?.volumeName ? accessModesText(status?.accessModes) : ""),
    },
    { name: "StorageClass", type: "string", cell: storageClassText },
    {
      name: "VolumeAttributesClass",
      type: "string",
      cell: ({ spec }) => spec?.volumeAttributesClassName ?? "<unset>",
    },
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

const claimKind = "PersistentVolumeClaim";

/** dataSource and dataSourceRef say the same, unless the latter names another namespace. */
function linkDataSources(spec: PersistentVolumeClaimSpec): void {
  // What is neither a claim nor a snapshot was always dropped from the older field, silently.
  if (spec.dataSource !== undefined && !isKnownSource(spec.dataSource)) delete spec.dataSource;
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined) spec.dataSourceRef ??= { ...dataSource };
  else if (dataSourceRef !== undefined && !dataSourceRef.namespace) {
    const { namespace: _namespace, ...reference } = dataSourceRef;
    spec.dataSource = reference;
  }
}

function isKnownSource(source: TypedLocalObjectReference): boolean {
  const group = groupOf(source);
  if (group === "") return source.kind === claimKind;
  return group === "snapshot.storage.k8s.io" && source.kind === "VolumeSnapshot";
}

/** JSON says null for the core group, protobuf nothing. */
const groupOf = ({ apiGroup }: TypedLocalObjectReference): string => apiGroup ?? "";

function validateSpec(spec: PersistentVolumeClaimSpec): FieldError[] {
  const { dataSource, dataSourceRef, volumeAttributesClassName } = spec;
  const errors = validateClaimSpec(spec, "spec");
  if (dataSource) errors.push(...validateSource(dataSource, "spec.dataSource"));
  if (dataSourceRef) errors.push(...validateSource(dataSourceRef, "spec.dataSourceRef"));
  if (dataSource && dataSourceRef) {
    if (dataSourceRef.namespace) {
      const detail = "may not be specified when dataSourceRef.namespace is specified";
      errors.push(invalid("spec", "spec.dataSource", detail));
    } else if (!isSameSource(dataSource, dataSourceRef)) {
      // Go prints the path, which has no public fields, as an empty object.
      errors.push(invalid("spec", {}, "must match dataSourceRef"));
    }
  }
  if (volumeAttributesClassName === undefined || volumeAttributesClassName === "") return errors;
  const path = "spec.volumeAttributesClassName";
  return [...errors, ...dnsSubdomainField(path, volumeAttributesClassName)];
}

function validateSource(source: TypedLocalObjectReference, path: string): FieldError[] {
  const { name, kind = "" } = source;
  const apiGroup = groupOf(source);
  const errors = [...requireText(`${path}.name`, name), ...requireText(`${path}.kind`, kind)];
  if (apiGroup !== "") return [...errors, ...dnsSubdomainField(`${path}.apiGroup`, apiGroup)];
  if (kind === claimKind) return errors;
  const detail = `must be '${claimKind}' when referencing the default apiGroup`;
  return [...errors, invalid(path, kind, detail)];
}

const isSameSource = (left: TypedLocalObjectReference, right: TypedLocalObjectReference) =>
  groupOf(left) === groupOf(right) && left.kind === right.kind && left.name === right.name;

/** What may change in a claim: its size when bound, its volume once, its attributes class. */
function validateUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const { spec = {} } = claim;
  const before = old.spec ?? {};
  const errors = [...validateSpec(spec)];
  const isBound = old.status?.phase === "Bound";
  const compared: PersistentVolumeClaimSpec = {
    ...spec,
    ...kept("volumeName", before.volumeName ? spec.volumeName : before.volumeName),
    ...kept("volumeAttributesClassName", before.volumeAttributesClassName),
    ...(isBound ? { resources: withStorageOf(spec, before) } : {}),
  };
  if (!semanticEqual(compared, before)) {
    const difference = unifiedDiff(specText(before), specText(compared));
    const detail =
      "spec is immutable after creation except resources.requests " +
      `and volumeAttributesClassName for bound claims\n${difference}`;
    errors.push(forbidden("spec", detail));
  }
  const [now, then] = [spec, before].map(({ resources }) => resources?.requests?.["storage"]);
  if (now === undefined || then === undefined || compareQuantities(now, then) >= 0) return errors;
  const isRecovering = compareQuantities(now, old.status?.capacity?.["storage"] ?? "0") > 0;
  if (isBound && isRecovering) return errors;
  const detail = "field can not be less than status.capacity";
  return [...errors, forbidden("spec.resources.requests.storage", detail)];
}

const kept = <Field extends keyof PersistentVolumeClaimSpec>(
  field: Field,
  value: PersistentVolumeClaimSpec[Field],
) => ({ [field]: value });

function withStorageOf(spec: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec) {
  const storage = before.resources?.requests?.["storage"];
  const requests = { ...spec.resources?.requests, ...(storage ? { storage } : {}) };
  return { ...spec.resources, requests };
}

function specText(spec: PersistentVolumeClaimSpec): string {
  return JSON.stringify(goStruct(spec, schemaOf("k8s.core.v1.PersistentVolumeClaimSpec")), null, 1);
}
