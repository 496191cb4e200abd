/** What bindings of both kinds of policies have in common. */
import type {
  MutatingAdmissionPolicyBindingSpec as BindingSpec,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import { required, type FieldError } from "../../errors.ts";
import type { KubeObject, PrintColumn } from "../../resource.ts";
import { dnsSubdomainField } from "../../validation/fields.ts";
import { paramRefText, validateParamRef } from "./params.ts";
import { validateMatchResources } from "./rules.ts";

interface Binding extends KubeObject {
  readonly spec?: BindingSpec;
}

/** What is wrong with a binding of either kind. */
export function validateBinding(spec: BindingSpec): FieldError[] {
  const path = "spec.policyName";
  return [
    ...(spec.policyName ? dnsSubdomainField(path, spec.policyName) : [required(path, "")]),
    ...validateParamRef(spec.paramRef, "spec.paramRef"),
    ...validateMatchResources(spec.matchResources, "spec.matchResources"),
  ];
}

export const bindingColumns: readonly PrintColumn<Binding>[] = [
  {
    name: "PolicyName",
    type: "string",
    description: "The policy that is bound.",
    cell: ({ spec }) => spec?.policyName ?? "",
  },
  {
    name: "ParamRef",
    type: "string",
    description: "The parameters that the policy gets.",
    cell: ({ spec }) => paramRefText(spec?.paramRef),
  },
];
