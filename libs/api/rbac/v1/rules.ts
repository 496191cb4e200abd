/** Rules of roles and cluster roles (Kubernetes: pkg/apis/rbac/validation). */
import type { PolicyRule } from "#proto/gen/k8s/rbac/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

export function validateRules(
  rules: readonly PolicyRule[] | undefined | null,
  scope: "Namespaced" | "Cluster",
): FieldError[] {
  return (rules ?? []).flatMap((rule, index) => validateRule(rule, scope, `rules[${index}]`));
}

function validateRule(
  { verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule,
  scope: "Namespaced" | "Cluster",
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const has = (list: readonly string[] | undefined | null) => (list ?? []).length > 0;
  if (!has(verbs)) {
    errors.push(required(`${path}.verbs`, "verbs must contain at least one value"));
  }
  if (has(nonResourceURLs)) {
    const at = `${path}.nonResourceURLs`;
    if (scope === "Namespaced") {
      const detail = "namespaced rules cannot apply to non-resource URLs";
      errors.push(invalid(at, nonResourceURLs, detail));
    }
    if (has(apiGroups) || has(resources) || has(resourceNames)) {
      const detail = "rules cannot apply to both regular resources and non-resource URLs";
      errors.push(invalid(at, nonResourceURLs, detail));
    }
    return errors;
  }
  if (!has(apiGroups)) {
    const detail = "resource rules must supply at least one api group";
    errors.push(required(`${path}.apiGroups`, detail));
  }
  if (!has(resources)) {
    const detail = "resource rules must supply at least one resource";
    errors.push(required(`${path}.resources`, detail));
  }
  return errors;
}
