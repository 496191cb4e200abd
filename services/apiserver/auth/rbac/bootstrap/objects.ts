/** The roles and bindings of every cluster as objects, which the API server keeps. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { ClusterRole, RoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import { coversAll } from "../cover.ts";
import { RbacGrants } from "../grants.ts";
import type { PolicyRule } from "../../policy.ts";
import {
  type BootstrapBinding,
  type BootstrapSubject,
  clusterBindings,
  namespacedBindings,
} from "./bindings.ts";
import { componentRoles } from "./componentroles.ts";
import { controllerRoles } from "./controllerroles.ts";
import { namespacedRoles } from "./namespacedroles.ts";
import type { BootstrapRole } from "./rule.ts";
import { userRoles } from "./userroles.ts";

const group = "rbac.authorization.k8s.io";
const apiVersion = `${group}/v1`;
const autoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

export type RbacObject = KubeObject & Record<string, unknown>;

/** An object, and what takes the place of one that is there; undefined when it may stay. */
export interface KeptRbacObject {
  readonly resource: string;
  readonly namespace: string;
  readonly object: RbacObject;
  readonly revise: (current: RbacObject) => RbacObject | undefined;
}

function metadataOf(name: string, namespace: string, labels: Readonly<Record<string, string>>) {
  return {
    name,
    ...(namespace === "" ? {} : { namespace }),
    labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
    annotations: { [autoUpdate]: "true" },
  };
}

function roleObject(role: BootstrapRole): KeptRbacObject {
  const { name, namespace = "", labels = {}, aggregates, rules } = role;
  const kind = namespace === "" ? "ClusterRole" : "Role";
  const object = {
    apiVersion,
    kind,
    metadata: metadataOf(name, namespace, labels),
    ...(aggregates === undefined
      ? { rules: [...(rules ?? [])] }
      : {
          aggregationRule: {
            clusterRoleSelectors: aggregates.map((matchLabels) => ({ matchLabels })),
          },
        }),
  } as RbacObject;
  const resource = `${kind.toLowerCase()}s.${group}`;
  return { resource, namespace, object, revise: (current) => withRules(current, role, object) };
}

const mayChange = ({ metadata }: KubeObject) => metadata?.annotations?.[autoUpdate] === "true";

/** Adds what is missing and takes nothing away: an administrator may have added rights. */
function withRules(current: RbacObject, role: BootstrapRole, wanted: RbacObject) {
  if (!mayChange(current)) return undefined;
  const metadata = withLabels(current, wanted);
  if (role.aggregates !== undefined) {
    const isSame = current["aggregationRule"] !== undefined;
    if (isSame && metadata === current.metadata) return undefined;
    return { ...current, metadata, aggregationRule: wanted["aggregationRule"] } as RbacObject;
  }
  const rules = (current["rules"] ?? []) as readonly PolicyRule[];
  const missing = (role.rules ?? []).filter((rule) => !coversAll(rules, [rule]));
  if (missing.length === 0 && metadata === current.metadata) return undefined;
  return { ...current, metadata, rules: [...rules, ...missing] } as RbacObject;
}

function withLabels(current: RbacObject, wanted: RbacObject): RbacObject["metadata"] {
  const given = wanted.metadata?.labels ?? {};
  const present = current.metadata?.labels ?? {};
  if (Object.entries(given).every(([key, value]) => present[key] === value))
    return current.metadata;
  return { ...current.metadata, labels: { ...present, ...given } };
}

const subjectOf = ({ kind, name, namespace }: BootstrapSubject) =>
  kind === "ServiceAccount" ? { kind, name, namespace } : { apiGroup: group, kind, name };

function bindingObject(binding: BootstrapBinding): KeptRbacObject {
  const { name, namespace = "", role } = binding;
  const isCluster = namespace === "";
  const subjects = binding.subjects.map(subjectOf);
  const object = {
    apiVersion,
    kind: isCluster ? "ClusterRoleBinding" : "RoleBinding",
    metadata: metadataOf(name, namespace, {}),
    roleRef: { apiGroup: group, kind: isCluster ? "ClusterRole" : "Role", name: role },
    ...(subjects.length === 0 ? {} : { subjects }),
  } as RbacObject;
  const resource = `${isCluster ? "clusterrolebindings" : "rolebindings"}.${group}`;
  return { resource, namespace, object, revise: (current) => withSubjects(current, subjects) };
}

type Subjects = readonly ReturnType<typeof subjectOf>[];

function withSubjects(current: RbacObject, wanted: Subjects): RbacObject | undefined {
  if (!mayChange(current)) return undefined;
  const present = (current["subjects"] ?? []) as Subjects;
  const isThere = ({ kind, name, namespace }: Subjects[number]) =>
    present.some(
      (one) =>
        one.kind === kind && one.name === name && (one.namespace ?? "") === (namespace ?? ""),
    );
  const missing = wanted.filter((subject) => !isThere(subject));
  return missing.length === 0 ? undefined : { ...current, subjects: [...present, ...missing] };
}

/** Cluster roles first: bindings name them. */
export const rbacObjects: readonly KeptRbacObject[] = [
  ...[...userRoles, ...componentRoles, ...controllerRoles, ...namespacedRoles].map(roleObject),
  ...[...clusterBindings, ...namespacedBindings].map(bindingObject),
];

/** What these objects alone grant: a server without stored objects goes by it. */
export const bootstrapGrants = (): RbacGrants =>
  new RbacGrants({
    roles: objectsOf(/^(?:cluster)?roles\./) as ClusterRole[],
    bindings: objectsOf(/^(?:cluster)?rolebindings\./) as RoleBinding[],
  });

const objectsOf = (resource: RegExp) =>
  rbacObjects.filter((kept) => resource.test(kept.resource)).map(({ object }) => object);
