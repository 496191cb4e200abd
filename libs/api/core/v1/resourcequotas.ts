/** ResourceQuotas: how much a namespace may use in all. */
import type { ResourceQuota, ResourceQuotaSpec } from "#proto/gen/k8s/core/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import {
  isHugePages,
  validateQuantity,
  validateResourceName,
} from "../../podtemplate/resources.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { canonicalQuantity } from "../../quantity.ts";
import { everyVerb } from "../../verbs.ts";
import { ownValue } from "../../own.ts";

export const resourcequotas = defineResource<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  singular: "resourcequota",
  shortNames: ["quota"],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.core.v1.ResourceQuota",
  storageVersionHash: "8uhSgffRX6w=",
  countsGeneration: false,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  prepareForCreate: (draft) => {
    draft.status = {};
  },
  prepareForUpdate: (draft, old) => {
    draft.status = old.status ?? {};
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate,
  nameRule: "dnsSubdomain",
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (quota, old) => ({ ...quota, spec: old.spec ?? {} }),
      validateUpdate: ({ status }) => [
        ...validateAmounts(status?.hard, "status.hard"),
        ...validateAmounts(status?.used, "status.used"),
      ],
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Request", type: "string", cell: (quota) => usageText(quota, "requests") },
    { name: "Limit", type: "string", cell: (quota) => usageText(quota, "limits") },
    ageColumn,
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

const podCounts = ["pods"];
const compute = [
  ...["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"],
];
const quotaResources = new Set([
  ...podCounts,
  ...compute,
  ...["ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"],
  ...["requests.storage", "persistentvolumeclaims", "resourcequotas", "services", "secrets"],
  ...["replicationcontrollers", "configmaps", "services.nodeports", "services.loadbalancers"],
]);

/** What each scope can be combined with. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  Terminating: [...podCounts, ...compute],
  NotTerminating: [...podCounts, ...compute],
  BestEffort: podCounts,
  NotBestEffort: [...podCounts, ...compute],
  PriorityClass: [...podCounts, ...compute],
  CrossNamespacePodAffinity: [...podCounts, ...compute],
  VolumeAttributesClass: ["persistentvolumeclaims", "requests.storage"],
};
const existential = [
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
];
const conflicting = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

const isQuotaResource = (name: string) =>
  quotaResources.has(name) || isHugePages(name.replace(/^requests\./, ""));

function validateSpec(spec: ResourceQuotaSpec): FieldError[] {
  return [
    ...validateAmounts(spec.hard, "spec.hard"),
    ...validateScopes(spec),
    ...validateScopeSelector(spec),
  ];
}

function validateUpdate({ spec = {} }: ResourceQuota, old: ResourceQuota): FieldError[] {
  const errors = validateSpec(spec);
  const before = new Set(old.spec?.scopes ?? []);
  const after = new Set(spec.scopes ?? []);
  if (before.size === after.size && after.isSubsetOf(before)) return errors;
  return [...errors, invalid("spec.scopes", spec.scopes, "field is immutable")];
}

function validateAmounts(
  amounts: Readonly<Record<string, string>> | undefined,
  path: string,
): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, quantity]) => {
    const at = `${path}[${name}]`;
    const errors = validateResourceName(name, at);
    if (!name.includes("/") && !isQuotaResource(name)) {
      errors.push(invalid(at, name, "must be a standard resource for quota"));
    }
    return [...errors, ...validateQuantity(name, quantity, at)];
  });
}

/** Whether a scope can limit a resource; unknown scopes are told elsewhere. */
const fits = (scope: string, name: string) => scopes[scope]?.includes(name) ?? true;

const misfits = (scope: string, { hard }: ResourceQuotaSpec) =>
  Object.keys(hard ?? {})
    .sort()
    .filter((name) => isQuotaResource(name) && !fits(scope, name));

function validateScopes(spec: ResourceQuotaSpec): FieldError[] {
  const path = "spec.scopes";
  const { scopes: given = [] } = spec;
  const errors: FieldError[] = [];
  for (const scope of given) {
    if (!(scope in scopes)) errors.push(invalid(path, given, "unsupported scope"));
    for (const _ of misfits(scope, spec)) {
      errors.push(invalid(path, given, "unsupported scope applied to resource"));
    }
  }
  return [...errors, ...validateConflicts(given, given, path)];
}

function validateConflicts(
  used: readonly string[],
  shown: readonly string[] | undefined,
  path: string,
): FieldError[] {
  return conflicting
    .filter((pair) => pair.every((scope) => used.includes(scope)))
    .map(() => invalid(path, shown, "conflicting scopes"));
}

function validateScopeSelector(spec: ResourceQuotaSpec): FieldError[] {
  const path = "spec.scopeSelector.matchExpressions";
  const { matchExpressions = [] } = spec.scopeSelector ?? {};
  const errors: FieldError[] = [];
  for (const { scopeName = "", operator = "", values = [] } of matchExpressions) {
    if (!(scopeName in scopes)) {
      errors.push(invalid(`${path}.scopeName`, scopeName, "unsupported scope"));
    }
    for (const _ of misfits(scopeName, spec)) {
      errors.push(invalid(path, spec.scopeSelector, "unsupported scope applied to resource"));
    }
    if (existential.includes(scopeName) && operator !== "Exists") {
      errors.push(invalid(`${path}.operator`, operator, existsText));
    }
    errors.push(...validateOperator(operator, values, path));
  }
  const used = matchExpressions.map(({ scopeName = "" }) => scopeName);
  return [...errors, ...validateConflicts(used, spec.scopes, path)];
}

const existsText =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, " +
  "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, " +
  "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn": {
      const detail =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? [] : [required(`${path}.values`, detail)];
    }
    case "Exists":
    case "DoesNotExist": {
      const detail =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length === 0 ? [] : [invalid(`${path}.values`, values, detail)];
    }
    default:
      return [invalid(`${path}.operator`, operator, "not a valid selector operator")];
  }
}

/** `pods: 1/10, cpu: 100m/1`; names that begin with `limits.` have a column of their own. */
function usageText({ status = {} }: ResourceQuota, column: "requests" | "limits"): string {
  const { hard = {}, used = {} } = status;
  return Object.keys(hard)
    .sort()
    .filter((name) => name.startsWith("limits.") === (column === "limits"))
    .map((name) => {
      const [now, most] = [ownValue(used, name) ?? "0", ownValue(hard, name) ?? "0"].map(
        canonicalQuantity,
      );
      return `${name}: ${now}/${most}`;
    })
    .join(", ");
}
