/** ValidatingAdmissionPolicies: expressions that say whether a request may pass. */
import type { ValidatingAdmissionPolicy } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { withStoredMetadata } from "../../metadata/forstatus.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { paramKindText } from "./params.ts";
import { defaultMatchResources } from "./rules.ts";
import { nameWarnings } from "./staticnames.ts";
import { validatePolicyStatus } from "./validatingadmissionpolicies/status.ts";
import { validatePolicy } from "./validatingadmissionpolicies/validate.ts";

export const validatingadmissionpolicies = defineResource<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  singular: "validatingadmissionpolicy",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.ValidatingAdmissionPolicy",
  storageVersionHash: "6OxvlMmQ6is=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  defaults: (draft) => {
    draft.spec = { ...draft.spec };
    draft.spec.failurePolicy ??= "Fail";
    if (draft.spec.matchConstraints) defaultMatchResources(draft.spec.matchConstraints);
  },
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate: (draft) => validatePolicy(draft),
  validateUpdate: validatePolicy,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: nameWarnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (draft, old) => ({ ...withStoredMetadata(draft, old), spec: old.spec ?? {} }),
      validateUpdate: ({ status }) => validatePolicyStatus(status ?? {}),
      resetFields: ["spec", "metadata"],
    },
  ],
  printColumns: [
    nameColumn,
    {
      name: "Validations",
      type: "integer",
      description: "How many validations there are.",
      cell: ({ spec }) => spec?.validations?.length ?? 0,
    },
    {
      name: "ParamKind",
      type: "string",
      description: "The kind of the parameters.",
      cell: ({ spec }) => paramKindText(spec?.paramKind),
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});
