/** Which rules an aggregated cluster role has. */
import { isDeepStrictEqual } from "node:util";
import { matchesSelector, selectorOfLabelSelector } from "#libs/api/selectors.ts";
import type { Decision } from "#libs/controller/controller.ts";
import type { ClusterRole, PolicyRule } from "#proto/gen/k8s/rbac/v1.ts";

export type Action = { readonly type: "WriteRules"; readonly rules: readonly PolicyRule[] };

export interface Observed {
  readonly role: ClusterRole;
  readonly all: readonly ClusterRole[];
}

/**
 * The rules of the roles that each selector picks, in the order of selectors and then of names;
 * each rule once. (pkg/controller/clusterroleaggregation)
 */
export function reconcile({ role, all }: Observed): Decision<Action> {
  if (role.aggregationRule === undefined) return { actions: [] };
  const rules = gathered(role, all);
  if (isDeepStrictEqual(rules, role.rules ?? [])) return { actions: [] };
  return { actions: [{ type: "WriteRules", rules }] };
}

function gathered({ metadata, aggregationRule }: ClusterRole, all: readonly ClusterRole[]) {
  const byName = all.toSorted((a, b) => compare(a.metadata?.name ?? "", b.metadata?.name ?? ""));
  const rules: PolicyRule[] = [];
  for (const labels of aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorOfLabelSelector(labels);
    for (const other of byName) {
      const isItself = other.metadata?.name === metadata?.name;
      if (isItself || !matchesSelector(selector, other.metadata?.labels)) continue;
      for (const rule of other.rules ?? []) {
        if (!rules.some((present) => isDeepStrictEqual(present, rule))) rules.push(rule);
      }
    }
  }
  return rules;
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
