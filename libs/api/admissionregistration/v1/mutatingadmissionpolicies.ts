/** MutatingAdmissionPolicies: expressions that say how an object is to be changed. */
import type { MutatingAdmissionPolicy, Mutation } from "#proto/gen/k8s/admissionregistration/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { celField } from "../../validation/cel.ts";
import { optionalWordField, wordField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";
import { surroundings, validateVariables, type PolicyScope } from "./expressions.ts";
import { validateMatchConditions } from "./matchconditions.ts";
import { paramKindText, validateParamKind } from "./params.ts";
import { defaultMatchResources, refuseDeletes } from "./rules.ts";
import { nameWarnings } from "./staticnames.ts";
import {
  failurePolicies,
  keepsConditions,
  validateConstraints,
} from "./validatingadmissionpolicies/validate.ts";

export const mutatingadmissionpolicies = defineResource<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  singular: "mutatingadmissionpolicy",
  shortNames: [],
  categories: ["api-extensions"],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.admissionregistration.v1.MutatingAdmissionPolicy",
  storageVersionHash: "LYmCf+UMVdg=",
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
  validate: (draft) => validate(draft),
  validateUpdate: validate,
  checkedAsNew: true,
  nameRule: "dnsSubdomain",
  warnings: nameWarnings,
  subresources: [],
  printColumns: [
    nameColumn,
    {
      name: "Mutations",
      type: "integer",
      description: "How many mutations there are.",
      cell: ({ spec }) => spec?.mutations?.length ?? 0,
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
});

const reinvocationPolicies = ["IfNeeded", "Never"];

function validate(
  { spec = {} }: MutatingAdmissionPolicy,
  old?: MutatingAdmissionPolicy,
): FieldError[] {
  const { mutations = [], paramKind, variables = [] } = spec;
  const scope = { hasParams: paramKind !== undefined, variables };
  return [
    ...optionalWordField("spec.failurePolicy", spec.failurePolicy, failurePolicies),
    ...(paramKind === undefined ? [] : validateParamKind(paramKind, "spec.paramKind")),
    ...validateConstraints(spec.matchConstraints, "spec.matchConstraints"),
    ...refuseDeletes(spec.matchConstraints, "spec.matchConstraints"),
    ...(keepsConditions(spec, old?.spec)
      ? []
      : validateMatchConditions(spec.matchConditions, scope, "spec.matchConditions")),
    ...validateVariables(scope, "spec.variables"),
    ...(mutations.length === 0
      ? [required("spec.mutations", "mutations must contain at least one item")]
      : []),
    ...mutations.flatMap((mutation, index) =>
      validateMutation(mutation, scope, `spec.mutations[${index}]`),
    ),
    ...wordField("spec.reinvocationPolicy", spec.reinvocationPolicy, reinvocationPolicies),
  ];
}

const patchFields = {
  ApplyConfiguration: "applyConfiguration",
  JSONPatch: "jsonPatch",
} as const;
type PatchType = keyof typeof patchFields;

const isPatchType = (type: string): type is PatchType => Object.hasOwn(patchFields, type);

function validateMutation(mutation: Mutation, scope: PolicyScope, path: string): FieldError[] {
  const { patchType = "" } = mutation;
  if (patchType === "") return [required(`${path}.patchType`, "")];
  if (!isPatchType(patchType)) {
    return [notSupported(`${path}.patchType`, patchType, Object.keys(patchFields))];
  }
  const field = patchFields[patchType];
  const other = field === "jsonPatch" ? "applyConfiguration" : "jsonPatch";
  const patch = mutation[field];
  const errors =
    patch === undefined
      ? [required(`${path}.${field}`, `must be specified when patchType is ${patchType}`)]
      : validatePatch(patch.expression ?? "", field, scope, `${path}.${field}.expression`);
  if (mutation[other] === undefined) return errors;
  const detail = `must not be specified when patchType is ${patchType}`;
  return [...errors, invalid(`${path}.${other}`, `{${other}}`, detail)];
}

function validatePatch(
  expression: string,
  type: "applyConfiguration" | "jsonPatch",
  scope: PolicyScope,
  path: string,
): FieldError[] {
  const trimmed = expression.trim();
  if (trimmed === "") return [required(path, "")];
  return celField(path, trimmed, { type, ...surroundings(scope), hasPatchTypes: true });
}
