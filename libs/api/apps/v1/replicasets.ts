/** ReplicaSets: a number of pods alike. */
import type { ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { FieldError } from "../../errors.ts";
import { defaultPodSpec } from "../../podtemplate/defaults.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import {
  replicaColumns,
  replicaSetCounts,
  validateReplicaCounts,
} from "../../podtemplate/replicas.ts";
import { validateRequiredSelector, validateSelectedTemplate } from "../../podtemplate/selected.ts";
import { templateWarnings } from "../../podtemplate/warnings.ts";
import { defineResource } from "../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import { nonNegative } from "../../validation/fields.ts";
import { validateSelectorKept } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";

export const replicasets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.apps.v1.ReplicaSet",
  storageVersionHash: "P1RzHs8/mWQ=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (set) => {
    set.status = {};
    dropDisabledFields(set.spec?.template?.spec);
  },
  prepareForUpdate: (set, old) => {
    set.status = old.status ?? {};
    dropDisabledFields(set.spec?.template?.spec);
  },
  validate,
  validateUpdate: (set, old) => [
    ...validate(set),
    ...validateSelectorKept("spec.selector", set.spec?.selector, old.spec?.selector),
  ],
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: templateWarnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (set, old) => ({ ...set, spec: old.spec ?? {} }),
      validateUpdate: ({ status = {} }) =>
        validateReplicaCounts(status, replicaSetCounts, "status"),
      resetFields: ["spec"],
    },
    {
      type: "scale",
      name: "scale",
      specReplicasPath: "spec.replicas",
      statusReplicasPath: "status.replicas",
      selector: selectorOf,
    },
  ],
  printColumns: replicaColumns(selectorOf),
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

function selectorOf({ spec }: ReplicaSet): string {
  return selectorText(selectorOfLabelSelector(spec?.selector));
}

function setDefaults(set: ReplicaSet): void {
  set.spec ??= {};
  // Decoding leaves null where Go has no pointer.
  if (!set.spec.selector) delete set.spec.selector;
  set.spec.replicas ??= 1;
  set.spec.template ??= {};
  set.spec.template.spec ??= {};
  defaultPodSpec(set.spec.template.spec);
}

function validate({ spec = {} }: ReplicaSet): FieldError[] {
  return [
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateRequiredSelector(spec.selector, "spec.selector"),
    ...validateSelectedTemplate(spec.selector, spec.template, "spec"),
  ];
}
