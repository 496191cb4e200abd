/** PriorityClasses: names for how important pods are. */
import type { PriorityClass } from "#proto/gen/k8s/scheduling/v1.ts";
import { validateImmutable } from "../../equality.ts";
import { forbidden, type FieldError } from "../../errors.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { optionalWordField } from "../../validation/fields.ts";
import { everyVerb } from "../../verbs.ts";

/** More is reserved for the system. */
const userPriorityMax = 1_000_000_000;

/** Classes that every cluster has, made by the API server itself. */
export const systemPriorities: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

export const priorityclasses = defineResource<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  singular: "priorityclass",
  shortNames: ["pc"],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.scheduling.v1.PriorityClass",
  storageVersionHash: "1QwjyaZjj3Y=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: (draft) => {
    draft.preemptionPolicy ??= "PreemptLowerPriority";
  },
  prepareForCreate: (draft) => {
    // It never changes: Kubernetes sets it once and counts nothing.
    draft.metadata = { ...draft.metadata, generation: 1 };
  },
  validate,
  validateUpdate,
  nameRule: "dnsSubdomain",
  subresources: [],
  printColumns: [
    nameColumn,
    { name: "Value", type: "integer", cell: ({ value }) => value ?? 0 },
    {
      name: "Global-Default",
      type: "boolean",
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    {
      name: "PreemptionPolicy",
      type: "string",
      cell: ({ preemptionPolicy }) => preemptionPolicy ?? "",
    },
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
});

const policies = ["PreemptLowerPriority", "Never"];

function validate(priorityClass: PriorityClass): FieldError[] {
  return [
    ...validatePriority(priorityClass),
    ...optionalWordField("preemptionPolicy", priorityClass.preemptionPolicy, policies),
  ];
}

function validatePriority({ metadata, value = 0, globalDefault }: PriorityClass): FieldError[] {
  const name = metadata?.name ?? "";
  if (!name.startsWith("system-")) {
    const detail = `maximum allowed value of a user defined priority is ${userPriorityMax}`;
    return value > userPriorityMax ? [forbidden("value", detail)] : [];
  }
  const refusal = refuseSystemName(name, value, globalDefault ?? false);
  if (refusal === "") return [];
  const detail =
    "priority class names with 'system-' prefix are reserved for system use only. " +
    `error: ${refusal}`;
  return [forbidden("metadata.name", detail)];
}

function refuseSystemName(name: string, value: number, globalDefault: boolean): string {
  const wanted = systemPriorities[name];
  if (wanted === undefined) return `${name} is not a known system priority class`;
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : "";
}

function validateUpdate(priorityClass: PriorityClass, old: PriorityClass): FieldError[] {
  const { value = 0, preemptionPolicy } = priorityClass;
  return [
    ...(value === (old.value ?? 0) ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...validateImmutable("preemptionPolicy", preemptionPolicy, old.preemptionPolicy),
  ];
}
