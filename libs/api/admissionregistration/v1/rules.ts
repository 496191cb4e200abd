/** Which requests a webhook or policy is for. */
import type {
  MatchResources,
  NamedRuleWithOperations,
  Rule,
  RuleWithOperations,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import { duplicate, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { pathSegmentErrors } from "../../names.ts";
import { invalidFor, optionalWordField } from "../../validation/fields.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";

/** Fills what rules and selectors of a policy leave open, in place. */
export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) {
    defaultRule(rule);
  }
}

export function defaultRule(rule: Rule): void {
  rule.scope ??= "*";
}

export const matchPolicies = ["Equivalent", "Exact"];

/** What is wrong with the requests that a policy or binding chooses; nothing with none. */
export function validateMatchResources(
  match: MatchResources | undefined,
  path: string,
): FieldError[] {
  if (match === undefined) return [];
  const { matchPolicy, resourceRules = [], excludeResourceRules = [] } = match;
  const all = [
    ["resourceRules", resourceRules],
    ["excludeResourceRules", excludeResourceRules],
  ] as const;
  return [
    ...optionalWordField(`${path}.matchPolicy`, matchPolicy, matchPolicies),
    ...validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(match.objectSelector, `${path}.objectSelector`),
    ...all.flatMap(([field, rules]) =>
      rules.flatMap((rule, index) => validateNamedRule(rule, `${path}.${field}[${index}]`)),
    ),
  ];
}

function validateNamedRule(rule: NamedRuleWithOperations, path: string): FieldError[] {
  const { resourceNames = [] } = rule;
  return [
    ...resourceNames.flatMap((name, index) => {
      const at = `${path}.resourceNames[${index}]`;
      const isRepeated = resourceNames.indexOf(name) < index;
      return [
        ...invalidFor(at, name, pathSegmentErrors(name)),
        ...(isRepeated ? [duplicate(at, name)] : []),
      ];
    }),
    ...validateRule(rule, path),
  ];
}

const operationWords = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

/** Policies change objects that are written, not those that go. */
const mutatingOperations = ["*", "CONNECT", "CREATE", "UPDATE"];

/** An error for every rule's operation that no policy can mutate. */
export function refuseDeletes(match: MatchResources | undefined, path: string): FieldError[] {
  return (match?.resourceRules ?? [])
    .flatMap(({ operations = [] }) => operations)
    .filter((operation) => !mutatingOperations.includes(operation))
    .map((operation) =>
      notSupported(`${path}.resourceRules.operations`, operation, mutatingOperations),
    );
}

const scopes = ["*", "Cluster", "Namespaced"];

/** What is wrong with a rule and its operations. */
export function validateRule(rule: RuleWithOperations, path: string): FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  return [
    ...starField(`${path}.operations`, operations, "operations"),
    ...operations.flatMap((operation, index) =>
      operationWords.includes(operation)
        ? []
        : [notSupported(`${path}.operations[${index}]`, operation, operationWords)],
    ),
    ...starField(`${path}.apiGroups`, apiGroups, "API groups"),
    ...starField(`${path}.apiVersions`, apiVersions, "API versions"),
    ...apiVersions.flatMap((version, index) =>
      version === "" ? [required(`${path}.apiVersions[${index}]`, "")] : [],
    ),
    ...validateResources(resources, `${path}.resources`),
    ...optionalWordField(`${path}.scope`, scope, scopes),
  ];
}

/** At least one, and a star stands alone. */
function starField(path: string, list: readonly string[], what: string): FieldError[] {
  if (list.length === 0) return [required(path, "")];
  if (list.length === 1 || !list.includes("*")) return [];
  return [invalid(path, list, `if '*' is present, must not specify other ${what}`)];
}

/** `pods`, `pods/status`, `*`, `*` + `/scale`, `pods/*`: none may say what another says already. */
function validateResources(resources: readonly string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path, "")];
  const errors = resources.flatMap((resource, index) =>
    validateResource(resource, resources.slice(0, index), `${path}[${index}]`),
  );
  if (resources.length > 1 && resources.includes("*/*")) {
    const detail = "if '*/*' is present, must not specify other resources";
    errors.push(invalid(path, resources, detail));
  }
  // Kubernetes looks at the last resource that has no subresource.
  const last = resources.findLast((resource) => resource !== "" && !resource.includes("/"));
  if (resources.includes("*") && last !== undefined && last !== "*") {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(path, resources, detail));
  }
  return errors;
}

function validateResource(resource: string, before: readonly string[], path: string): FieldError[] {
  if (resource === "") return [required(path, "")];
  const slash = resource.indexOf("/");
  if (slash < 0) return [];
  const covering = [`${resource.slice(0, slash)}/*`, `*/${resource.slice(slash + 1)}`];
  return covering
    .filter((other) => before.includes(other))
    .map((other) =>
      invalid(path, resource, `if '${other}' is present, must not specify ${resource}`),
    );
}
