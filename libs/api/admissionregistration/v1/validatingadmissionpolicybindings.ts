/** ValidatingAdmissionPolicyBindings: which requests a policy is for, with which parameters. */
import type { ValidatingAdmissionPolicyBinding } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { duplicate, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { bindingColumns, validateBinding } from "./bindings.ts";
import { defaultMatchResources } from "./rules.ts";
import { nameWarnings } from "./staticnames.ts";

export const validatingadmissionpolicybindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  plural: "validatingadmissionpolicybindings",
  singular: "validatingadmissionpolicybinding",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  storageVersionHash: "v9715VZqakg=",
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

function validate({ spec = {} }: ValidatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...validateBinding(spec),
    ...validateActions(spec.validationActions ?? [], "spec.validationActions"),
  ];
}

const actionWords = ["Audit", "Deny", "Warn"];

function validateActions(actions: readonly string[], path: string): FieldError[] {
  if (actions.length === 0) return [required(path, "at least one validation action is required")];
  const errors = actions.flatMap((action, index) => [
    ...(actionWords.includes(action)
      ? []
      : [notSupported(`${path}[${index}]`, action, actionWords)]),
    ...(actions.indexOf(action) < index ? [duplicate(`${path}[${index}]`, action)] : []),
  ]);
  if (!actions.includes("Deny") || !actions.includes("Warn")) return errors;
  const detail =
    "must not contain both Deny and Warn (repeating the same validation failure information in " +
    "the API response and headers serves no purpose)";
  return [...errors, invalid(path, actions, detail)];
}
