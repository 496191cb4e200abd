/** PodTemplates: templates kept for their own sake. */
import type { PodTemplate } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { containerImages, containerNames } from "../../podtemplate/columns.ts";
import { defaultPodSpec } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { validatePodTemplate } from "../../podtemplate/validate.ts";
import { podWarnings } from "../../podtemplate/warnings.ts";
import { labelsText, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";

export const podtemplates = defineResource<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  singular: "podtemplate",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.PodTemplate",
  storageVersionHash: "LIXB2x4IFpk=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: (object) => {
    object.template ??= {};
    object.template.spec ??= {};
    defaultPodSpec(object.template.spec);
  },
  prepareForCreate: ({ template }) => dropDisabledFields(template?.spec),
  prepareForUpdate,
  validate: ({ template = {} }) => validatePodTemplate(template, "template"),
  nameRule: "dnsSubdomain",
  warnings: ({ template = {} }, old) =>
    semanticEqual(template, old?.template) ? [] : podWarnings(template, "template"),
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Containers",
      type: "string",
      description: "Names of the containers.",
      cell: ({ template }) => containerNames(template),
    },
    {
      name: "Images",
      type: "string",
      description: "Images of the containers.",
      cell: ({ template }) => containerImages(template),
    },
    {
      name: "Pod Labels",
      type: "string",
      description: "Labels that pods get.",
      cell: ({ template }) => labelsText(template?.metadata?.labels),
    },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

/** The template stands where others have a spec: its changes are counted here. */
function prepareForUpdate(object: PodTemplate, old: PodTemplate): void {
  dropDisabledFields(object.template?.spec);
  if (semanticEqual(object.template, old.template)) return;
  object.metadata ??= {};
  object.metadata.generation = (old.metadata?.generation ?? 0) + 1;
}
