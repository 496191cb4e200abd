/** RoleBindings: who has which role inside of one namespace. */
import type { RoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { bindingColumns, defaultBinding, validateBinding, validateRoleKept } from "./bindings.ts";
import { rbacGroup } from "./rules.ts";

export const rolebindings = defineResource<RoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  singular: "rolebinding",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.rbac.v1.RoleBinding",
  storageVersionHash: "eGsCzGH6b1g=",
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

function validate(binding: RoleBinding) {
  return validateBinding(binding, "Namespaced", ["Role", "ClusterRole"]);
}
