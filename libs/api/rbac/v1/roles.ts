/** Roles: what may be done inside of one namespace. */
import type { Role } from "#proto/gen/k8s/rbac/v1.ts";
import { defaultColumns } from "../../printing.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { rbacGroup, validateRules } from "./rules.ts";

export const roles = defineResource<Role>({
  group: rbacGroup,
  version: "v1",
  kind: "Role",
  plural: "roles",
  singular: "role",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.rbac.v1.Role",
  storageVersionHash: "7FuwZcIIItM=",
  countsGeneration: false,
  createOnUpdate: true,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  validate: ({ rules }) => validateRules(rules, "Namespaced"),
  checkedAsNew: true,
  nameRule: "pathSegment",
  subresources: [],
  printColumns: defaultColumns,
  fieldSelectors: {},
  defaultPropagation: "background",
});
