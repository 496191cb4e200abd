/** ClusterRoleBindings: who has which cluster role, everywhere. */
import type { ClusterRoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { bindingColumns, defaultBinding, validateBinding, validateRoleKept } from "./bindings.ts";
import { rbacGroup } from "./rules.ts";

export const clusterrolebindings = defineResource<ClusterRoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  singular: "clusterrolebinding",
  shortNames: [],
  categories: [],
  scope: "Cluster",
  verbs: everyVerb,
  message: "k8s.rbac.v1.ClusterRoleBinding",
  storageVersionHash: "48tpQ8gZHFc=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: defaultBinding,
  validate,
  validateUpdate: (binding, old) => [...validate(binding), ...validateRoleKept(binding, old)],
  checkedAsNew: true,
  nameRule: "pathSegment",
  subresources: [],
  printColumns: bindingColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
});

function validate(binding: ClusterRoleBinding) {
  return validateBinding(binding, "Cluster", ["ClusterRole"]);
}
