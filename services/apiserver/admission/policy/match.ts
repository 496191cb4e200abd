/** Which requests a policy or a webhook is about: rules and selectors. */
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import { type KubeObject, apiVersionOf } from "#libs/api/resource.ts";
import type {
  MatchResources,
  NamedRuleWithOperations,
} from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { AdmissionReader, AdmissionRequest } from "../plugin.ts";

/** Kubernetes keeps policies about policies out: they could lock everybody out. */
const exempt = new Set([
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
]);

export const isExempt = ({ place }: AdmissionRequest): boolean =>
  place.definition.group === "admissionregistration.k8s.io" && exempt.has(place.definition.plural);

/** Whether all of rules and selectors pick the request. */
export function isMatched(
  { resourceRules = [], excludeResourceRules = [], ...selectors }: MatchResources,
  request: AdmissionRequest,
  reader: AdmissionReader,
): boolean {
  if (!isSelected(selectors, request, reader)) return false;
  if (excludeResourceRules.some((rule) => ruleMatches(rule, request))) return false;
  // A binding without rules leaves them to its policy.
  return resourceRules.length === 0 || resourceRules.some((rule) => ruleMatches(rule, request));
}

type Selectors = Pick<MatchResources, "namespaceSelector" | "objectSelector">;

/** Namespace and object selectors of a policy or webhook. */
export function isSelected(
  { namespaceSelector, objectSelector }: Selectors,
  request: AdmissionRequest,
  reader: AdmissionReader,
): boolean {
  const { draft, old } = request;
  if (namespaceSelector && !isEmpty(namespaceSelector)) {
    const labels = namespaceLabels(request, reader);
    const selector = selectorOfLabelSelector(namespaceSelector);
    // What is not in a namespace is always picked.
    if (labels && !matchesSelector(selector, labels)) return false;
  }
  if (!objectSelector || isEmpty(objectSelector)) return true;
  const selector = selectorOfLabelSelector(objectSelector);
  return [draft, old].some((one) => one && matchesSelector(selector, one.metadata?.labels ?? {}));
}

const isEmpty = (selector: object) => Object.keys(selector).length === 0;

/** A namespace itself is in itself. */
function namespaceLabels(
  { place, draft, old }: AdmissionRequest,
  reader: AdmissionReader,
): Readonly<Record<string, string>> | undefined {
  const isNamespace = place.definition.group === "" && place.definition.plural === "namespaces";
  if (isNamespace) return (draft ?? old)?.metadata?.labels ?? {};
  if (place.namespace === "") return undefined;
  return reader.cached("namespaces", "", place.namespace)?.metadata?.labels ?? {};
}

export type Rule = Pick<
  NamedRuleWithOperations,
  "operations" | "apiGroups" | "apiVersions" | "resources" | "resourceNames" | "scope"
>;

/** Whether one rule is about the request. */
export function ruleMatches(rule: Rule, { operation, place, draft, old }: AdmissionRequest) {
  const { definition, subresource, name } = place;
  const { group, version, plural, scope } = definition;
  const { resourceNames = [] } = rule;
  const named = (draft ?? old)?.metadata?.name ?? name;
  return (
    has(rule.operations, operation.toUpperCase()) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((resource) => isResource(resource, plural, subresource)) &&
    (resourceNames.length === 0 || resourceNames.includes(named)) &&
    isScope(rule.scope, scope)
  );
}

const has = (list: readonly string[] = [], word: string) =>
  list.includes("*") || list.includes(word);

function isResource(wanted: string, plural: string, subresource: string): boolean {
  const [resource = "", part = ""] = wanted.split("/");
  const fits = resource === "*" || resource === plural;
  return fits && (part === subresource || (part === "*" && wanted.includes("/")));
}

const isScope = (wanted: string | undefined, scope: KubeScope) =>
  wanted === undefined || wanted === "*" || (wanted === "Cluster") === (scope === "Cluster");

type KubeScope = AdmissionRequest["place"]["definition"]["scope"];

/** The object with its type, as expressions and webhooks see it. */
export function typed({ place }: AdmissionRequest, object: KubeObject): KubeObject {
  const { definition } = place;
  return { apiVersion: apiVersionOf(definition), kind: definition.kind, ...object };
}
