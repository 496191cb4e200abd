/** ReplicationControllers: the elder of replica sets, selecting by equal labels. */
import type { ReplicationController } from "#proto/gen/k8s/core/v1.ts";
import { required, type FieldError } from "../../errors.ts";
import { defaultPodSpec } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import {
  replicaColumns,
  replicaSetCounts,
  validateReplicaCounts,
} from "../../podtemplate/replicas.ts";
import { validateReplicatedTemplate } from "../../podtemplate/validate.ts";
import { podWarnings } from "../../podtemplate/warnings.ts";
import { semanticEqual } from "../../equality.ts";
import { labelsText } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { matchesSelector, selectorOfLabels, selectorText } from "../../selectors.ts";
import { nonNegative } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

export const replicationcontrollers = defineResource<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.ReplicationController",
  storageVersionHash: "Jond2If31h0=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (controller) => {
    controller.status = {};
    dropDisabledFields(controller.spec?.template?.spec);
  },
  prepareForUpdate: (controller, old) => {
    controller.status = old.status ?? {};
    dropDisabledFields(controller.spec?.template?.spec);
  },
  validate,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (controller, old) => ({ ...controller, spec: old.spec ?? {} }),
      validateUpdate: ({ status = {} }) =>
        validateReplicaCounts(status, replicaSetCounts, "status"),
      resetFields: ["spec"],
    },
    {
      type: "scale",
      name: "scale",
      specReplicasPath: "spec.replicas",
      statusReplicasPath: "status.replicas",
      selector: ({ spec }) => selectorText(selectorOfLabels(spec?.selector ?? {})),
    },
  ],
  printColumns: replicaColumns(({ spec }) => labelsText(spec?.selector)),
  fieldSelectors: {
    "status.replicas": ({ status }) => String(status?.replicas ?? 0),
  },
  defaultPropagation: "orphan",
  resetFields: ["status"],
});

/** Labels that are not said are those of the template. */
function setDefaults(controller: ReplicationController): void {
  controller.spec ??= {};
  const { spec } = controller;
  spec.replicas ??= 1;
  if (spec.template === undefined) return;
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
  const labels = spec.template.metadata?.labels ?? {};
  if (Object.keys(labels).length === 0) return;
  if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
  controller.metadata ??= {};
  const { metadata } = controller;
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

function validate({ spec = {} }: ReplicationController): FieldError[] {
  const { selector = {}, template } = spec;
  const isEmpty = Object.keys(selector).length === 0;
  const isSelected = (labels: Readonly<Record<string, string>>) =>
    isEmpty || matchesSelector(selectorOfLabels(selector), labels);
  return [
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...(isEmpty ? [required("spec.selector", "")] : []),
    ...nonNegative("spec.replicas", spec.replicas),
    ...(template === undefined
      ? [required("spec.template", "")]
      : validateReplicatedTemplate(template, isSelected, "ReplicationController", "spec.template")),
  ];
}

function warnings({ spec }: ReplicationController, old: ReplicationController | undefined) {
  const template = spec?.template;
  if (template === undefined || semanticEqual(template, old?.spec?.template)) return [];
  return podWarnings(template, "spec.template");
}
