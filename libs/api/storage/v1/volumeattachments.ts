/** VolumeAttachments: that a volume is to be attached to a node, and whether it is. */
import type {
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeAttachmentStatus,
  VolumeError,
} from "#proto/gen/k8s/storage/v1.ts";
import { defaultSource } from "../../core/v1/persistentvolumes.ts";
import { validateInlineVolume } from "../../core/v1/persistentvolumes/inline.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, invalid, required, tooLong, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { withStoredMetadata } from "../../metadata/forstatus.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { driverNameField } from "../../validation/drivers.ts";
import { dnsSubdomainField } from "../../validation/fields.ts";
import { int32Max, rangeText } from "../../validation/names.ts";
import { everyVerb } from "../../verbs.ts";
import { schemaOf } from "#libs/schema/schemas.ts";
import { textBytes } from "./parameters.ts";

export const volumeattachments = defineResource<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  singular: "volumeattachment",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.storage.v1.VolumeAttachment",
  storageVersionHash: "tJx/ezt6UDU=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => {
    if (spec?.source?.inlineVolumeSpec) defaultSource(spec.source.inlineVolumeSpec);
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate,
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (draft, old) => ({ ...withStoredMetadata(draft, old), spec: old.spec ?? {} }),
      validateUpdate,
      resetFields: ["metadata", "spec"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Attacher",
      type: "string",
      format: "name",
      cell: ({ spec }) => spec?.attacher ?? "",
    },
    {
      name: "PV",
      type: "string",
      cell: ({ spec }) => spec?.source?.persistentVolumeName ?? "",
    },
    { name: "Node", type: "string", cell: ({ spec }) => spec?.nodeName ?? "" },
    { name: "Attached", type: "boolean", cell: ({ status }) => status?.attached ?? false },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function validate({ spec = {}, status = {} }: VolumeAttachment): FieldError[] {
  const { attacher, source = {}, nodeName = "" } = spec;
  const { persistentVolumeName: volume } = source;
  return [
    ...driverNameField("spec.attacher", attacher),
    ...validateSource(source, "spec.source"),
    ...dnsSubdomainField("spec.nodeName", nodeName),
    ...validateStatus(status),
    ...(volume === undefined ? [] : dnsSubdomainField("spec.source.persistentVolumeName", volume)),
  ];
}

function validateSource(source: VolumeAttachmentSource, path: string): FieldError[] {
  const { inlineVolumeSpec: inline, persistentVolumeName: name } = source;
  const detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (inline !== undefined && name !== undefined) return [forbidden(path, detail)];
  if (inline !== undefined) return validateInlineVolume(inline, `${path}.inlineVolumeSpec`);
  if (name === undefined) return [required(path, detail)];
  if (name !== "") return [];
  return [required(`${path}.persistentVolumeName`, "must specify non empty persistentVolumeName")];
}

const metadataBytesMax = 256 * 1024;
const errorBytesMax = 1024;

function validateStatus(status: VolumeAttachmentStatus): FieldError[] {
  const isTooLong = textBytes(status.attachmentMetadata) > metadataBytesMax;
  return [
    ...(isTooLong ? [tooLong("status.attachmentMetadata", metadataBytesMax)] : []),
    ...validateError(status.attachError, "status.attachError"),
    ...validateError(status.detachError, "status.detachError"),
  ];
}

function validateError(error: VolumeError | undefined, path: string): FieldError[] {
  const { message = "", errorCode = 0 } = error ?? {};
  return [
    // The bound that is told is that of the metadata, as Kubernetes tells it.
    ...(Buffer.byteLength(message) > errorBytesMax
      ? [tooLong(`${path}.message`, metadataBytesMax)]
      : []),
    ...(errorCode < 0 ? [invalid(`${path}.errorCode`, errorCode, rangeText(0, int32Max))] : []),
  ];
}

function validateUpdate(attachment: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  const errors = validate(attachment);
  if (semanticEqual(attachment.spec, old.spec)) return errors;
  const shown = goStruct(attachment.spec, schemaOf("k8s.storage.v1.VolumeAttachmentSpec"));
  return [...errors, invalid("spec", shown, "field is immutable")];
}
