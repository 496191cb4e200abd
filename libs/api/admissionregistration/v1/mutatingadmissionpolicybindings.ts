/** MutatingAdmissionPolicyBindings: which requests a policy is for, with which parameters. */
import type { MutatingAdmissionPolicyBinding } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { bindingColumns, validateBinding } from "./bindings.ts";
import { defaultMatchResources, refuseDeletes } from "./rules.ts";
import { nameWarnings } from "./staticnames.ts";

export const mutatingadmissionpolicybindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  plural: "mutatingadmissionpolicybindings",
  singular: "mutatingadmissionpolicybinding",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  storageVersionHash: "90V5FRZZ3Zg=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: ({ spec }) => {
    if (spec?.matchResources !== undefined) defaultMatchResources(spec.matchResources);
  },
  validate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: nameWarnings,
  subresources: [],
  printColumns: [nameColumn, ...bindingColumns, ageColumn],
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  return [...validateBinding(spec), ...refuseDeletes(spec.matchResources, "spec.matchResources")];
}
