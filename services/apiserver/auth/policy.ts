/** Rules as cluster roles have them, and what they allow. */
import type { Attributes } from "./authorize.ts";

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  /** `pods`, `pods/log`, `*`, `*` + `/scale`. */
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  /** A path, or its beginning and a `*`. */
  readonly nonResourceURLs?: readonly string[];
}

/** Whether a rule allows a request: every part that it names must match. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!covers(rule.verbs, attributes.verb)) return false;
  if (!attributes.resourceRequest) return pathMatches(rule.nonResourceURLs, attributes.path);
  const { apiGroups = [], resourceNames = [] } = rule;
  if (!covers(apiGroups, attributes.group) || !resourceMatches(rule, attributes)) return false;
  return resourceNames.length === 0 || resourceNames.includes(attributes.name);
}

const covers = (list: readonly string[], word: string): boolean =>
  list.includes("*") || list.includes(word);

function resourceMatches(
  { resources = [] }: PolicyRule,
  { resource, subresource }: Attributes,
): boolean {
  if (subresource === "") return covers(resources, resource);
  return covers(resources, `${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

function pathMatches(urls: readonly string[] = [], path: string): boolean {
  return urls.some((url) => (url.endsWith("*") ? path.startsWith(url.slice(0, -1)) : path === url));
}
