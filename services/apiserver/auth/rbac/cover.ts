/** Whether some rules allow all that others do: nobody may give away more than he has. */
import type { PolicyRule } from "../policy.ts";

/** Rules that can be compared: one verb, one group, one resource (or one path) each. */
function* parts(rule: PolicyRule): Generator<PolicyRule> {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  for (const verb of rule.verbs) {
    for (const apiGroup of apiGroups) {
      for (const resource of resources) {
        const one = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] };
        if (resourceNames.length === 0) yield one;
        else for (const name of resourceNames) yield { ...one, resourceNames: [name] };
      }
    }
    for (const url of nonResourceURLs) yield { verbs: [verb], nonResourceURLs: [url] };
  }
}

/** The parts of `wanted` that none of the owned rules covers, in their order. */
export function uncovered(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): PolicyRule[] {
  return wanted.flatMap((rule) => [...parts(rule)].filter((part) => !isCovered(owned, part)));
}

export const coversAll = (owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): boolean =>
  uncovered(owned, wanted).length === 0;

/** One owned rule has to cover the part by itself. */
function isCovered(owned: readonly PolicyRule[], part: PolicyRule): boolean {
  return owned.some(
    (rule) =>
      has(rule.verbs, part.verbs) &&
      has(rule.apiGroups, part.apiGroups) &&
      (part.resources ?? []).every((resource) => hasResource(rule.resources, resource)) &&
      hasNames(rule.resourceNames, part.resourceNames) &&
      (part.nonResourceURLs ?? []).every((url) => hasUrl(rule.nonResourceURLs, url)),
  );
}

const has = (owned: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  owned.includes("*") || wanted.every((word) => owned.includes(word));

function hasResource(owned: readonly string[] = [], resource: string): boolean {
  if (owned.includes("*") || owned.includes(resource)) return true;
  const slash = resource.indexOf("/");
  return slash !== -1 && owned.includes(`*${resource.slice(slash)}`);
}

/** Without names a rule is about all. */
function hasNames(owned: readonly string[] = [], wanted: readonly string[] = []): boolean {
  if (owned.length === 0) return true;
  return wanted.length > 0 && wanted.every((name) => owned.includes(name));
}

function hasUrl(owned: readonly string[] = [], url: string): boolean {
  if (owned.includes("*") || owned.includes(url)) return true;
  return owned.some((one) => one.endsWith("*") && url.startsWith(one.slice(0, -1)));
}
