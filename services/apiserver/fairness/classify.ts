/**
 * Which flow a request belongs to: the first flow schema, by precedence and then by name, that has
 * a rule for it. Pure; the rules match as apiserver/pkg/util/flowcontrol matches them.
 */
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "#proto/gen/k8s/flowcontrol/v1.ts";
import type { User } from "../auth/user.ts";

/** What classification looks at: a part of the door's `RequestInfo`. */
export interface RequestDigest {
  readonly resourceRequest: boolean;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly path: string;
}

type Matcher<T> = (asked: T) => boolean;

interface CompiledRule {
  readonly subjects: Matcher<User>;
  readonly resources: Matcher<RequestDigest>;
  readonly paths: Matcher<RequestDigest>;
}

export interface CompiledSchema {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  readonly distinguisher: "" | "ByUser" | "ByNamespace";
  readonly rules: readonly CompiledRule[];
}

/** In the order in which they are asked. */
export function compileSchemas(schemas: readonly FlowSchema[]): CompiledSchema[] {
  const nameOf = ({ metadata }: FlowSchema) => metadata?.name ?? "";
  const precedenceOf = ({ spec }: FlowSchema) => spec?.matchingPrecedence ?? precedenceDefault;
  return schemas
    .toSorted((a, b) => precedenceOf(a) - precedenceOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1))
    .map((schema) => ({
      name: nameOf(schema),
      uid: schema.metadata?.uid ?? "",
      level: schema.spec?.priorityLevelConfiguration?.name ?? "",
      distinguisher: distinguisherOf(schema),
      rules: (schema.spec?.rules ?? []).map(compileRule),
    }));
}

const precedenceDefault = 1_000;

function distinguisherOf({ spec }: FlowSchema): CompiledSchema["distinguisher"] {
  const type = spec?.distinguisherMethod?.type ?? "";
  return type === "ByUser" || type === "ByNamespace" ? type : "";
}

function compileRule(rule: PolicyRulesWithSubjects): CompiledRule {
  return {
    subjects: anyOf((rule.subjects ?? []).map(compileSubject)),
    resources: anyOf((rule.resourceRules ?? []).map(compileResourceRule)),
    paths: anyOf((rule.nonResourceRules ?? []).map(compilePathRule)),
  };
}

function anyOf<T>(matchers: readonly Matcher<T>[]): Matcher<T> {
  const [only, ...others] = matchers;
  if (only === undefined) return () => false;
  if (others.length === 0) return only;
  return (asked) => matchers.some((matches) => matches(asked));
}

const accountPrefix = "system:serviceaccount:";

function compileSubject({ kind, user, group, serviceAccount }: Subject): Matcher<User> {
  if (kind === "User" && user !== undefined) {
    const { name = "" } = user;
    return name === "*" ? () => true : (asked) => asked.name === name;
  }
  if (kind === "Group" && group !== undefined) {
    const { name = "" } = group;
    return name === "*" ? () => true : ({ groups }) => groups.includes(name);
  }
  if (kind === "ServiceAccount" && serviceAccount !== undefined) {
    const { namespace = "", name = "" } = serviceAccount;
    const start = `${accountPrefix}${namespace}:`;
    if (name === "*") return (asked) => asked.name.startsWith(start);
    return (asked) => asked.name === start + name;
  }
  return () => false;
}

function compileResourceRule(rule: ResourcePolicyRule): Matcher<RequestDigest> {
  const verb = oneOf(rule.verbs);
  const group = oneOf(rule.apiGroups);
  const resource = oneOf(rule.resources);
  const namespace = oneOf(rule.namespaces);
  const clusterScope = rule.clusterScope ?? false;
  return (asked) =>
    verb(asked.verb) &&
    resource(resourceText(asked)) &&
    group(asked.group) &&
    (asked.namespace === "" ? clusterScope : namespace(asked.namespace));
}

const resourceText = ({ resource, subresource }: RequestDigest): string =>
  subresource === "" ? resource : `${resource}/${subresource}`;

/** Any of a list, which says everything when it is the star alone. */
function oneOf(list: readonly string[] | undefined): Matcher<string> {
  const [first, ...others] = list ?? [];
  if (first === "*" && others.length === 0) return () => true;
  const known = new Set(list);
  return (asked) => known.has(asked);
}

function compilePathRule({
  verbs,
  nonResourceURLs,
}: NonResourcePolicyRule): Matcher<RequestDigest> {
  const verb = oneOf(verbs);
  const path = anyOf((nonResourceURLs ?? []).map(compilePath));
  return (asked) => verb(asked.verb) && path(asked.path);
}

/** A path stands for itself and for everything below it. */
function compilePath(url: string): Matcher<string> {
  if (url === "*") return () => true;
  const start = url.replace(/\*$/, "").replace(/\/?$/, "/");
  return (path) => path === url || path.startsWith(start);
}

/** Rules that the user is a subject of; the rest of a rule is asked for each request. */
interface OpenSchema {
  readonly schema: CompiledSchema;
  readonly rules: readonly CompiledRule[];
}

export interface Classified {
  readonly schema: CompiledSchema;
  /** Tells the flows of one schema apart. */
  readonly distinguisher: string;
}

export type Classifier = (user: User, digest: RequestDigest) => Classified | undefined;

/** Remembers for each user (by identity) which rules name it. Undefined when no schema matches. */
export function classifier(schemas: readonly CompiledSchema[]): Classifier {
  const byUser = new WeakMap<User, readonly OpenSchema[]>();
  return (user, digest) => {
    let open = byUser.get(user);
    if (open === undefined) {
      open = openTo(schemas, user);
      byUser.set(user, open);
    }
    for (const { schema, rules } of open) {
      if (rules.some((rule) => ruleCovers(rule, digest))) {
        return { schema, distinguisher: distinguisherFor(schema, user, digest) };
      }
    }
    return undefined;
  };
}

function openTo(schemas: readonly CompiledSchema[], user: User): OpenSchema[] {
  return schemas
    .map((schema) => ({ schema, rules: schema.rules.filter(({ subjects }) => subjects(user)) }))
    .filter(({ rules }) => rules.length > 0);
}

const ruleCovers = ({ resources, paths }: CompiledRule, digest: RequestDigest): boolean =>
  digest.resourceRequest ? resources(digest) : paths(digest);

function distinguisherFor(
  { distinguisher }: CompiledSchema,
  user: User,
  { namespace }: RequestDigest,
): string {
  if (distinguisher === "ByUser") return user.name;
  return distinguisher === "ByNamespace" ? namespace : "";
}
