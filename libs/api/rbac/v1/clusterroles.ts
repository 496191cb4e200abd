/** ClusterRoles: what may be done everywhere, or wherever a binding says. */
import type { AggregationRule, ClusterRole } from "#proto/gen/k8s/rbac/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import { defaultColumns } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { validateLabelSelector } from "../../validation/selectors.ts";
import { everyVerb } from "../../verbs.ts";
import { rbacGroup, validateRules } from "./rules.ts";

export const clusterroles = defineResource<ClusterRole>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  singular: "clusterrole",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.rbac.v1.ClusterRole",
  storageVersionHash: "bYE5ZWDrJ44=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate: ({ rules, aggregationRule }) => [
    ...validateRules(rules, "Cluster"),
    ...validateAggregation(aggregationRule, "aggregationRule.clusterRoleSelectors"),
  ],
  checkedAsNew: true,
  nameRule: "pathSegment",
  subresources: [],
  printColumns: defaultColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validateAggregation(rule: AggregationRule | undefined, path: string): FieldError[] {
  if (rule === undefined) return [];
  const selectors = rule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    const detail = "at least one clusterRoleSelector required if aggregationRule is non-nil";
    return [required(path, detail)];
  }
  return selectors.flatMap((selector, index) => {
    const errors = validateLabelSelector(selector, `${path}[${index}]`);
    if (errors.length === 0) return [];
    // Kubernetes shows what the parser made of it, which is nothing.
    return [...errors, invalid(`${path}[${index}]`, null, "invalid label selector.")];
  });
}
