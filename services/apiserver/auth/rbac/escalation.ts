/**
 * Nobody can give rights that he has not: neither by writing a role nor by binding one
 * (Kubernetes' pkg/registry/rbac, policybased storage).
 */
import { isDeepStrictEqual } from "node:util";
import { forbiddenError, notFound, type StatusError } from "#libs/api/errors.ts";
import type { ClusterRole, RoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../../admission/plugin.ts";
import type { Attributes, Authorizer } from "../authorize.ts";
import { userOf } from "../caller.ts";
import type { PolicyRule } from "../policy.ts";
import type { User } from "../user.ts";
import { uncovered } from "./cover.ts";
import type { GrantsSource } from "./source.ts";

const group = "rbac.authorization.k8s.io";
const privilegedGroup = "system:masters";
const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** Looks at roles and bindings after all other plugins have made their changes. */
export function rbacEscalation(grants: GrantsSource, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    async mutate(request) {
      const { place, operation, draft, caller } = request;
      if (place.definition.group !== group || operation === "delete" || !draft) return;
      if (caller.groups.includes(privilegedGroup) || onlyCollectsGarbage(request)) return;
      const user = userOf(request.caller);
      const check = place.definition.plural.endsWith("bindings") ? checkBinding : checkRole;
      await check({ request, user, grants, authorizer });
    },
  };
}

interface Checked {
  readonly request: AdmissionRequest;
  readonly user: User;
  readonly grants: GrantsSource;
  readonly authorizer: Authorizer;
}

async function checkRole({ request, user, grants, authorizer }: Checked): Promise<void> {
  const { place, draft, old } = request;
  const { namespace, definition } = place;
  const name = draft?.metadata?.name ?? place.name;
  const verb = "escalate";
  if (await isAllowed(authorizer, user, { verb, resource: definition.plural, namespace, name }))
    return;
  const owned = grants().rulesOf(user, namespace);
  const gathers = [draft, old].some((one) => (one as ClusterRole)?.aggregationRule !== undefined);
  if (gathers && uncovered(owned, everything).length > 0) {
    const why = "must have cluster-admin privileges to use the aggregationRule";
    throw forbiddenError({ group, name: definition.plural }, name, why);
  }
  const rules = ((draft as ClusterRole).rules ?? []) as readonly PolicyRule[];
  const missing = uncovered(owned, rules);
  if (missing.length > 0) throw refusal(request, user, missing);
}

async function checkBinding({ request, user, grants, authorizer }: Checked): Promise<void> {
  const { place, draft } = request;
  const { namespace } = place;
  const { kind = "", name = "" } = (draft as RoleBinding).roleRef ?? {};
  const resource = kind === "ClusterRole" ? "clusterroles" : "roles";
  const scope = kind === "ClusterRole" && namespace === "" ? "" : namespace;
  const asked = { verb: "bind", resource, namespace: scope, name };
  if (await isAllowed(authorizer, user, asked)) return;
  const rules = grants().roleRules(namespace, kind, name);
  // Kubernetes' words: it is the binding that it speaks of.
  if (rules === undefined) throw notFound({ group, name: place.definition.plural }, name);
  const missing = uncovered(grants().rulesOf(user, namespace), rules);
  if (missing.length > 0) throw refusal(request, user, missing);
}

type Asked = Pick<Attributes, "verb" | "resource" | "namespace" | "name">;

async function isAllowed(authorizer: Authorizer, user: User, asked: Asked): Promise<boolean> {
  const attributes = { ...asked, user, resourceRequest: true, group, version: "*" };
  const { decision } = await authorizer({ ...attributes, subresource: "", path: "" });
  return decision === "allow";
}

/** The garbage collector changes owners and finalizers of roles that it could not have made. */
function onlyCollectsGarbage({ draft, old }: AdmissionRequest): boolean {
  if (!draft || !old) return false;
  const rest = (object: typeof draft) => {
    const {
      ownerReferences: _o,
      finalizers: _f,
      managedFields: _m,
      ...metadata
    } = object.metadata ?? {};
    return { ...object, metadata };
  };
  const owners = (object: typeof draft) => [
    object.metadata?.ownerReferences,
    object.metadata?.finalizers,
  ];
  const isChanged = !isDeepStrictEqual(owners(draft), owners(old));
  return isChanged && isDeepStrictEqual(rest(draft), rest(old));
}

function refusal(
  request: AdmissionRequest,
  user: User,
  missing: readonly PolicyRule[],
): StatusError {
  const { place, draft } = request;
  const groups = user.groups.map((one) => JSON.stringify(one)).join(" ");
  const who = `user ${JSON.stringify(user.name)} (groups=[${groups}])`;
  const lines = compacted(missing).map(ruleText).toSorted().join("\n");
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${lines}`;
  const name = draft?.metadata?.name ?? place.name;
  return forbiddenError({ group, name: place.definition.plural }, name, why);
}

/** Parts that differ in their verbs only are told together. */
function compacted(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.resources === undefined || rule.resourceNames !== undefined) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources]);
    const verbs = [...(simple.get(key)?.verbs ?? []), ...rule.verbs];
    simple.set(key, { ...rule, verbs: [...new Set(verbs)] });
  }
  return [...others, ...simple.values()];
}

function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule) {
  const parts = [
    ["APIGroups", apiGroups],
    ["Resources", resources],
    ["NonResourceURLs", nonResourceURLs],
    ["ResourceNames", resourceNames],
    ["Verbs", verbs],
  ] as const;
  const told = parts
    .filter(([, list]) => list !== undefined)
    .map(([name, list = []]) => `${name}:[${list.map((one) => JSON.stringify(one)).join(" ")}]`);
  return `{${told.join(", ")}}`;
}
