/** Validation of flow schemas, in Kubernetes' order. */
import { schemaOf } from "#libs/schema/schemas.ts";
import type {
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
  Subject,
} from "#proto/gen/k8s/flowcontrol/v1.ts";
import { forbidden, invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { goStruct } from "../../../goform.ts";
import { dns1123LabelErrors } from "../../../names.ts";
import { dnsLabelField, dnsSubdomainField, requireText } from "../../../validation/fields.ts";

const precedenceMax = 10_000;
const methods = ["ByNamespace", "ByUser"];

/** What is wrong with the spec of the schema of that name. */
export function validateSchemaSpec(name: string, spec: FlowSchemaSpec): FieldError[] {
  const { distinguisherMethod: method, priorityLevelConfiguration: level, rules = [] } = spec;
  const errors = validatePrecedence(name, spec.matchingPrecedence ?? 0);
  if (method !== undefined && !methods.includes(method.type ?? "")) {
    const shown = goStruct(method, schemaOf("k8s.flowcontrol.v1.FlowDistinguisherMethod"));
    errors.push(notSupported("spec.distinguisherMethod.type", shown, methods));
  }
  const levelPath = "spec.priorityLevelConfiguration.name";
  if (level?.name) errors.push(...dnsSubdomainField(levelPath, level.name));
  else errors.push(required(levelPath, "must reference a priority level"));
  const ruleErrors = rules.flatMap((rule, index) => validateRules(rule, `spec.rules[${index}]`));
  return [...errors, ...ruleErrors];
}

function validatePrecedence(name: string, precedence: number): FieldError[] {
  const path = "spec.matchingPrecedence";
  if (precedence <= 0) return [invalid(path, precedence, "must be a positive value")];
  if (precedence > precedenceMax) {
    return [invalid(path, precedence, `must not be greater than ${precedenceMax}`)];
  }
  if (precedence !== 1 || name === "exempt") return [];
  const detail = "only the schema named 'exempt' may have matchingPrecedence 1";
  return [invalid(path, precedence, detail)];
}

function validateRules(rules: PolicyRulesWithSubjects, path: string): FieldError[] {
  const { resourceRules = [], nonResourceRules = [] } = rules;
  const subjects = rules.subjects ?? [];
  const errors = subjects.flatMap((subject, index) =>
    validateSubject(subject, `${path}.subjects[${index}]`),
  );
  if (subjects.length === 0) {
    errors.push(required(`${path}.subjects`, "subjects must contain at least one value"));
  }
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    const detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
    errors.push(required(path, detail));
  }
  return [
    ...errors,
    ...resourceRules.flatMap((rule, index) =>
      validateResourceRule(rule, `${path}.resourceRules[${index}]`),
    ),
    ...nonResourceRules.flatMap((rule, index) =>
      validatePathRule(rule, `${path}.nonResourceRules[${index}]`),
    ),
  ];
}

const subjectFields = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;
type SubjectKind = keyof typeof subjectFields;

/** In the order in which those that do not belong to the kind are refused. */
const refusals: Readonly<Record<SubjectKind, readonly SubjectKind[]>> = {
  ServiceAccount: ["User", "Group"],
  User: ["ServiceAccount", "Group"],
  Group: ["ServiceAccount", "User"],
};

function validateSubject(subject: Subject, path: string): FieldError[] {
  const { kind = "" } = subject;
  if (!isSubjectKind(kind)) {
    return [notSupported(`${path}.kind`, kind, Object.keys(subjectFields).sort())];
  }
  const refused = refusals[kind].filter((other) => subject[subjectFields[other]] !== undefined);
  return [
    ...validateNamed(kind, subject, `${path}.${subjectFields[kind]}`),
    ...refused.map((other) => {
      const field = subjectFields[other];
      const detail = `${field} is forbidden when subject kind is not '${other}'`;
      return forbidden(`${path}.${field}`, detail);
    }),
  ];
}

const isSubjectKind = (kind: string): kind is SubjectKind => Object.hasOwn(subjectFields, kind);

function validateNamed(kind: SubjectKind, subject: Subject, path: string): FieldError[] {
  const field = subjectFields[kind];
  const named = subject[field];
  if (named === undefined) {
    return [required(path, `${field} is required when subject kind is '${kind}'`)];
  }
  if (kind === "ServiceAccount") return validateAccount(named, path);
  return requireText(`${path}.name`, named.name);
}

function validateAccount({ name, namespace }: ServiceAccountSubject, path: string): FieldError[] {
  const errors = requireText(`${path}.name`, name);
  if (name && name !== "*") errors.push(...dnsSubdomainField(`${path}.name`, name));
  if (namespace) return [...errors, ...dnsLabelField(`${path}.namespace`, namespace)];
  const detail = "must specify namespace for service account";
  return [...errors, required(`${path}.namespace`, detail)];
}

const verbWords = [
  ...["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"],
];

function validateVerbs(verbs: readonly string[], path: string): FieldError[] {
  if (verbs.length === 0) return [required(path, "verbs must contain at least one value")];
  if (verbs.includes("*")) return aloneField(path, verbs, "verbs");
  if (verbs.every((verb) => verbWords.includes(verb))) return [];
  return [notSupported(path, verbs, verbWords)];
}

/** A star takes everything, so that nothing may stand beside it. */
function aloneField(path: string, list: readonly string[], what: string): FieldError[] {
  if (list.length < 2 || !list.includes("*")) return [];
  return [invalid(path, list, `if '*' is present, must not specify other ${what}`)];
}

function validateResourceRule(rule: ResourcePolicyRule, path: string): FieldError[] {
  const needed = (list: readonly string[], field: string, one: string, others: string) =>
    list.length === 0
      ? [required(`${path}.${field}`, `resource rules must supply at least one ${one}`)]
      : aloneField(`${path}.${field}`, list, others);
  return [
    ...validateVerbs(rule.verbs ?? [], `${path}.verbs`),
    ...needed(rule.apiGroups ?? [], "apiGroups", "api group", "api groups"),
    ...needed(rule.resources ?? [], "resources", "resource", "resources"),
    ...validateNamespaces(rule, `${path}.namespaces`),
  ];
}

function validateNamespaces(rule: ResourcePolicyRule, path: string): FieldError[] {
  const { clusterScope = false } = rule;
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && !clusterScope) {
    const detail = "resource rules that are not cluster scoped must supply at least one namespace";
    return [required(path, detail)];
  }
  if (namespaces.includes("*")) return aloneField(path, namespaces, "namespaces");
  const prefix = "each member of this list must be '*' or a DNS-1123 label; ";
  return namespaces.flatMap((namespace, index) =>
    dns1123LabelErrors(namespace).map((text) =>
      invalid(`${path}[${index}]`, namespace, `${prefix}${text}`),
    ),
  );
}

function validatePathRule(rule: NonResourcePolicyRule, path: string): FieldError[] {
  const urls = rule.nonResourceURLs ?? [];
  const at = `${path}.nonResourceURLs`;
  const errors = validateVerbs(rule.verbs ?? [], `${path}.verbs`);
  if (urls.length === 0) {
    return [...errors, required(at, "nonResourceURLs must contain at least one value")];
  }
  if (urls.includes("*")) return [...errors, ...aloneField(at, urls, "non-resource URLs")];
  for (const [index, url] of urls.entries()) {
    const detail = urlError(url);
    if (detail !== "") errors.push(invalid(`${at}[${index}]`, url, detail));
  }
  return errors;
}

function urlError(url: string): string {
  if (url === "") return "must not be empty";
  if (url === "/") return "";
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const stars = url.split("*").length - 1;
  const isSuffix = stars === 1 && url.endsWith("/*");
  return stars === 0 || isSuffix ? "" : "wildcard can only do suffix matching";
}
