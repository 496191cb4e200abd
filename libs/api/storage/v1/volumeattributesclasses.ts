/** VolumeAttributesClasses: what of a volume can change during its life. */
import type { VolumeAttributesClass } from "#proto/gen/k8s/storage/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { forbidden, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { parametersField, provisionerField } from "./parameters.ts";

export const volumeattributesclasses = defineResource<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  singular: "volumeattributesclass",
  shortNames: ["vac"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.storage.v1.VolumeAttributesClass",
  storageVersionHash: "tIjydgKBC5w=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate,
  validateUpdate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "DriverName", type: "string", cell: ({ driverName }) => driverName ?? "" },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  return [
    ...provisionerField("driverName", driverName),
    ...parametersField("parameters", parameters, "needed"),
  ];
}

/** Nothing of it changes: volumes refer to it for what they have. */
function validateUpdate(draft: VolumeAttributesClass, old: VolumeAttributesClass): FieldError[] {
  const fields = ["driverName", "parameters"] as const;
  const changed = fields.filter((field) => !semanticEqual(draft[field], old[field]));
  return [
    ...changed.map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...validate(draft),
  ];
}
