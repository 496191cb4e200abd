/** What role bindings and cluster role bindings share (Kubernetes: pkg/apis/rbac). */
import { schemaOf } from "#libs/schema/index.ts";
import type { RoleRef, Subject } from "#proto/gen/k8s/rbac/v1.ts";
import { semanticEqual } from "../../equality.ts";
import { invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { goStruct } from "../../goform.ts";
import { dns1123SubdomainErrors, pathSegmentErrors } from "../../names.ts";
import { ageColumn, nameColumn } from "../../printing.ts";
import type { KubeObject, PrintColumn } from "../../resource.ts";
import { invalidFor, requireText } from "../../validation/fields.ts";
import { rbacGroup } from "./rules.ts";

export interface Binding extends KubeObject {
  subjects?: Subject[];
  roleRef?: RoleRef;
}

/** Users, groups and roles are of this group unless they say otherwise. */
export function defaultBinding(binding: Binding): void {
  binding.roleRef ??= {};
  binding.roleRef.apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= rbacGroup;
  }
}

/** `roleKinds`: which roles it may bind. */
export function validateBinding(
  { roleRef = {}, subjects = [] }: Binding,
  scope: "Namespaced" | "Cluster",
  roleKinds: readonly string[],
): FieldError[] {
  const { apiGroup = "", kind = "", name = "" } = roleRef;
  const errors: FieldError[] = [];
  if (apiGroup !== rbacGroup) {
    errors.push(notSupported("roleRef.apiGroup", apiGroup, [rbacGroup]));
  }
  if (!roleKinds.includes(kind)) errors.push(notSupported("roleRef.kind", kind, roleKinds));
  if (name === "") errors.push(required("roleRef.name", ""));
  else errors.push(...invalidFor("roleRef.name", name, pathSegmentErrors(name)));
  return [
    ...errors,
    ...subjects.flatMap((subject, index) => validateSubject(subject, scope, `subjects[${index}]`)),
  ];
}

/** Whoever may change a binding could otherwise give rights that were never meant. */
export function validateRoleKept({ roleRef }: Binding, old: Binding): FieldError[] {
  if (semanticEqual(roleRef, old.roleRef)) return [];
  const shown = goStruct(roleRef, schemaOf("k8s.rbac.v1.RoleRef"));
  return [invalid("roleRef", shown, "cannot change roleRef")];
}

function validateSubject(
  { kind = "", name = "", namespace = "", apiGroup = "" }: Subject,
  scope: "Namespaced" | "Cluster",
  path: string,
): FieldError[] {
  const errors = requireText(`${path}.name`, name);
  switch (kind) {
    case "ServiceAccount":
      if (name !== "") {
        errors.push(...invalidFor(`${path}.name`, name, dns1123SubdomainErrors(name)));
      }
      if (apiGroup !== "") errors.push(notSupported(`${path}.apiGroup`, apiGroup, [""]));
      if (scope === "Cluster") errors.push(...requireText(`${path}.namespace`, namespace));
      return errors;
    case "User":
    case "Group":
      if (apiGroup !== rbacGroup) {
        errors.push(notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup]));
      }
      return errors;
    default:
      return [...errors, notSupported(`${path}.kind`, kind, ["ServiceAccount", "User", "Group"])];
  }
}

export const bindingColumns: readonly PrintColumn<Binding>[] = [
  nameColumn,
  {
    name: "Role",
    type: "string",
    description: "Kind and name of the role that is bound.",
    cell: ({ roleRef }) => `${roleRef?.kind ?? ""}/${roleRef?.name ?? ""}`,
  },
  ageColumn,
  subjectColumn("Users", "Users that get the role.", "User"),
  subjectColumn("Groups", "Groups whose members get the role.", "Group"),
  subjectColumn("ServiceAccounts", "Service accounts that get the role.", "ServiceAccount"),
];

function subjectColumn(name: string, description: string, kind: string): PrintColumn<Binding> {
  const shown = ({ namespace = "", name: subject = "" }: Subject) =>
    kind === "ServiceAccount" ? `${namespace}/${subject}` : subject;
  return {
    name,
    type: "string",
    priority: 1,
    description,
    cell: ({ subjects }) =>
      (subjects ?? [])
        .filter((subject) => subject.kind === kind)
        .map(shown)
        .join(", "),
  };
}
