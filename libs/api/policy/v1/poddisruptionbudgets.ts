/** PodDisruptionBudgets: how many pods may be missing because somebody wants it so. */
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "#proto/gen/k8s/policy/v1.ts";
import { invalid, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import {
  atMostAllField,
  countOrPercentField,
  nonNegative,
  optionalWordField,
} from "../../validation/fields.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";

export const poddisruptionbudgets = defineResource<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.policy.v1.PodDisruptionBudget",
  storageVersionHash: "EVWiDmWqyJw=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: false,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  // Kubernetes looks at nothing of the name but whether it fits into a path.
  nameRule: "pathSegment",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (budget, old) => ({ ...budget, spec: old.spec ?? {} }),
      validateUpdate: validateStatus,
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Min Available", type: "string", cell: ({ spec }) => amountText(spec?.minAvailable) },
    {
      name: "Max Unavailable",
      type: "string",
      cell: ({ spec }) => amountText(spec?.maxUnavailable),
    },
    {
      name: "Allowed Disruptions",
      type: "integer",
      cell: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

const policies = ["AlwaysAllow", "IfHealthyBudget"];

const amountText = (amount: number | string | undefined) =>
  amount === undefined ? "N/A" : String(amount);

function validateSpec(spec: PodDisruptionBudgetSpec): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Printed as Go prints the internal type.
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"));
  }
  return [
    ...errors,
    ...validateAmount("spec.minAvailable", minAvailable),
    ...validateAmount("spec.maxUnavailable", maxUnavailable),
    ...validateLabelSelector(selector, "spec.selector"),
    ...optionalWordField("spec.unhealthyPodEvictionPolicy", unhealthyPodEvictionPolicy, policies),
  ];
}

function validateAmount(path: string, amount: number | string | undefined): FieldError[] {
  if (amount === undefined) return [];
  return [...countOrPercentField(path, amount), ...atMostAllField(path, amount)];
}

function validateStatus({ status = {} }: PodDisruptionBudget): FieldError[] {
  return [
    ...nonNegative("status.disruptionsAllowed", status.disruptionsAllowed),
    ...nonNegative("status.currentHealthy", status.currentHealthy),
    ...nonNegative("status.desiredHealthy", status.desiredHealthy),
    ...nonNegative("status.expectedPods", status.expectedPods),
  ];
}
