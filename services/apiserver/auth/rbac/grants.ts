/**
 * What the stored roles and bindings grant, indexed so that a decision does not depend on how many
 * bindings a user has.
 */
import type { ClusterRole, RoleBinding, Subject } from "#proto/gen/k8s/rbac/v1.ts";
import type { Attributes } from "../authorize.ts";
import { type PolicyRule, ruleAllows } from "../policy.ts";
import { splitUsername } from "../service-account.ts";
import type { User } from "../user.ts";

/** Stored objects of RBAC. Cluster roles and cluster bindings have no namespace. */
export interface RbacObjects {
  readonly roles: Iterable<ClusterRole>;
  readonly bindings: Iterable<RoleBinding>;
}

/** Through which binding a subject has a rule. */
interface Grant {
  readonly rule: PolicyRule;
  /** `RBAC: allowed by …`, made when it is asked for. */
  readonly reason: () => string;
}

/** Grants of one subject in one scope. */
interface Grants {
  readonly all: readonly Grant[];
  /** By verb and then resource; `*` for any. */
  readonly byWord: ReadonlyMap<string, readonly Grant[]>;
}

const none: Grants = { all: [], byWord: new Map() };

/** Subjects of both kinds of bindings, by `User/name` and the like; the scope is a namespace. */
export class RbacGrants {
  readonly #bound = new Map<string, Bound[]>();
  readonly #roles = new Map<string, readonly PolicyRule[]>();
  /** Made when a subject is first asked about. */
  readonly #grants = new Map<string, Grants>();

  constructor({ roles, bindings }: RbacObjects) {
    for (const { metadata, rules } of roles) {
      const key = roleKey(metadata?.namespace ?? "", metadata?.name ?? "");
      this.#roles.set(key, (rules ?? []) as readonly PolicyRule[]);
    }
    for (const binding of bindings) this.#bind(binding);
  }

  /** Why the user may do it; undefined when no binding says so. */
  allows(attributes: Attributes): string | undefined {
    for (const scope of scopesOf(attributes.namespace)) {
      for (const subject of subjectsOf(attributes.user)) {
        const grants = this.#grantsOf(subject, scope);
        if (grants === none) continue;
        const found = matching(grants, attributes);
        if (found) return found.reason();
      }
    }
    return undefined;
  }

  /** Everything the user may do in a namespace; "" is the cluster scope. */
  rulesOf(user: User, namespace: string): PolicyRule[] {
    return scopesOf(namespace).flatMap((scope) =>
      subjectsOf(user).flatMap((subject) =>
        this.#grantsOf(subject, scope).all.map(({ rule }) => rule),
      ),
    );
  }

  /** Rules of a role that somebody refers to; undefined when there is no such role. */
  roleRules(namespace: string, kind: string, name: string): readonly PolicyRule[] | undefined {
    return this.#roles.get(roleKey(kind === "ClusterRole" ? "" : namespace, name));
  }

  #bind({ metadata, roleRef, subjects = [] }: RoleBinding): void {
    const namespace = metadata?.namespace ?? "";
    const { kind = "", name: role = "" } = roleRef ?? {};
    for (const subject of subjects) {
      const key = scoped(keyOf(subject, namespace), namespace);
      const bound = { binding: metadata?.name ?? "", namespace, kind, role, subject };
      const list = this.#bound.get(key);
      if (list) list.push(bound);
      else this.#bound.set(key, [bound]);
    }
  }

  #grantsOf(subject: string, scope: string): Grants {
    const key = scoped(subject, scope);
    const known = this.#grants.get(key);
    if (known) return known;
    const bound = this.#bound.get(key);
    if (!bound) return none;
    const made = indexed(bound.flatMap((one) => this.#grantsThrough(one)));
    this.#grants.set(key, made);
    return made;
  }

  #grantsThrough(bound: Bound): Grant[] {
    const rules = this.roleRules(bound.namespace, bound.kind, bound.role) ?? [];
    return rules.map((rule) => ({ rule, reason: () => reasonOf(bound) }));
  }
}

interface Bound {
  readonly binding: string;
  readonly namespace: string;
  readonly kind: string;
  readonly role: string;
  readonly subject: Subject;
}

const separator = "\n";
const roleKey = (namespace: string, name: string) => `${namespace}${separator}${name}`;
const scoped = (subject: string, scope: string) => `${scope}${separator}${subject}`;

/** Bindings of the cluster hold everywhere, those of a namespace in it. */
const scopesOf = (namespace: string) => (namespace === "" ? [""] : ["", namespace]);

function keyOf({ kind = "", name = "", namespace }: Subject, ofBinding: string): string {
  if (kind !== "ServiceAccount") return `${kind}/${name}`;
  return `${kind}/${namespace === undefined || namespace === "" ? ofBinding : namespace}/${name}`;
}

function subjectsOf({ name, groups }: User): string[] {
  const account = splitUsername(name);
  return [
    `User/${name}`,
    ...(account ? [`ServiceAccount/${account.namespace}/${account.name}`] : []),
    ...groups.map((group) => `Group/${group}`),
  ];
}

function reasonOf({ binding, namespace, kind, role, subject }: Bound): string {
  const bound =
    namespace === ""
      ? `ClusterRoleBinding ${JSON.stringify(binding)}`
      : `RoleBinding ${JSON.stringify(`${binding}/${namespace}`)}`;
  const isAccount = subject.kind === "ServiceAccount";
  const who = isAccount ? `${subject.name}/${subject.namespace ?? namespace}` : subject.name;
  return (
    `RBAC: allowed by ${bound} of ${kind} ${JSON.stringify(role)} ` +
    `to ${subject.kind} ${JSON.stringify(who)}`
  );
}

const word = (verb: string, resource: string) => `${verb} ${resource}`;
/** Rules about paths are few: they stand under this word. */
const pathWord = "/";

function indexed(all: readonly Grant[]): Grants {
  const byWord = new Map<string, Grant[]>();
  const add = (key: string, grant: Grant) => {
    const list = byWord.get(key);
    if (list) list.push(grant);
    else byWord.set(key, [grant]);
  };
  for (const grant of all) {
    const { verbs, resources = [], nonResourceURLs = [] } = grant.rule;
    for (const verb of verbs) {
      for (const resource of resources) add(word(verb, resource), grant);
    }
    if (nonResourceURLs.length > 0) add(pathWord, grant);
  }
  return { all, byWord };
}

function matching({ byWord }: Grants, attributes: Attributes): Grant | undefined {
  for (const key of wordsOf(attributes)) {
    const found = byWord.get(key)?.find(({ rule }) => ruleAllows(rule, attributes));
    if (found) return found;
  }
  return undefined;
}

/** Under which words a rule that allows the request can stand. */
function wordsOf({ resourceRequest, verb, resource, subresource }: Attributes): string[] {
  if (!resourceRequest) return [pathWord];
  const names =
    subresource === "" ? [resource, "*"] : [`${resource}/${subresource}`, `*/${subresource}`, "*"];
  return names.flatMap((name) => [word(verb, name), word("*", name)]);
}
