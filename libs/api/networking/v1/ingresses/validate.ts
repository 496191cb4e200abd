/** What ingresses may ask for (Kubernetes: pkg/apis/networking/validation). */
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressSpec,
  IngressTLS,
} from "#proto/gen/k8s/networking/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { dns1123SubdomainErrors, wildcardSubdomainErrors } from "../../../names.ts";
import {
  dnsLabelField,
  dnsSubdomainField,
  invalidFor,
  requireText,
} from "../../../validation/fields.ts";
import { ipFamily, portNameErrors, portNumberErrors } from "../../../validation/names.ts";
import { validateReference } from "../references.ts";

/** How the class was said before there was a field for it. */
export const classAnnotation = "kubernetes.io/ingress.class";

export function validateIngressCreate({ metadata, spec = {} }: Ingress): FieldError[] {
  const errors = validateSpec(spec, undefined, "spec");
  const annotated = metadata?.annotations?.[classAnnotation];
  const { ingressClassName } = spec;
  const isSame = annotated === ingressClassName;
  if (annotated === undefined || ingressClassName === undefined || isSame) return errors;
  const detail = "must match `ingressClassName` when both are specified";
  return [...errors, invalid(`annotations.${classAnnotation}`, annotated, detail)];
}

export function validateIngressUpdate({ spec = {} }: Ingress, old: Ingress): FieldError[] {
  return validateSpec(spec, old.spec ?? {}, "spec");
}

/** What older servers let pass may stay: it is not checked when `old` has the like. */
function validateSpec(spec: IngressSpec, old: IngressSpec | undefined, path: string): FieldError[] {
  const { defaultBackend, rules = [], tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(invalid(path, null, "either `defaultBackend` or `rules` must be specified"));
  }
  if (defaultBackend !== undefined) {
    errors.push(...validateBackend(defaultBackend, `${path}.defaultBackend`));
  }
  const freeWildcards = (old?.rules ?? []).some(isBadWildcard);
  const freeSecrets = (old?.tls ?? []).some(
    ({ secretName }) => secretErrors(secretName).length > 0,
  );
  return [
    ...errors,
    ...rules.flatMap((rule, index) => validateRule(rule, freeWildcards, `${path}.rules[${index}]`)),
    ...tls.flatMap((entry, index) => validateTls(entry, freeSecrets, `${path}.tls[${index}]`)),
    ...(ingressClassName === undefined
      ? []
      : dnsSubdomainField(`${path}.ingressClassName`, ingressClassName)),
  ];
}

const isWildcard = (host: string): boolean => host.includes("*");
const hostErrors = (host: string): string[] =>
  isWildcard(host) ? wildcardSubdomainErrors(host) : dns1123SubdomainErrors(host);

const isBadWildcard = (rule: IngressRule): boolean =>
  isWildcard(rule.host ?? "") && validatePaths(rule, "").length > 0;

function validateRule(rule: IngressRule, freeWildcards: boolean, path: string): FieldError[] {
  const { host = "" } = rule;
  const errors: FieldError[] = [];
  if (host !== "") {
    if (ipFamily(host) !== 0) {
      errors.push(invalid(`${path}.host`, host, "must be a DNS name, not an IP address"));
    }
    errors.push(...invalidFor(`${path}.host`, host, hostErrors(host)));
  }
  if (isWildcard(host) && freeWildcards) return errors;
  return [...errors, ...validatePaths(rule, path)];
}

function validatePaths({ http }: IngressRule, path: string): FieldError[] {
  if (http === undefined) return [];
  const paths = http.paths ?? [];
  if (paths.length === 0) return [required(`${path}.http.paths`, "")];
  return paths.flatMap((one, index) => validatePath(one, `${path}.http.paths[${index}]`));
}

const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEnds = ["/..", "/."];

function validatePath(
  { path: text = "", pathType, backend = {} }: HTTPIngressPath,
  path: string,
): FieldError[] {
  // Decoding leaves null where Go has no pointer.
  if (pathType === undefined || pathType === null) {
    return [required(`${path}.pathType`, "pathType must be specified")];
  }
  const at = `${path}.path`;
  const absolute = text.startsWith("/") ? [] : [invalid(at, text, "must be an absolute path")];
  const errors: FieldError[] = [];
  switch (pathType) {
    case "Exact":
    case "Prefix":
      errors.push(
        ...absolute,
        ...badSequences
          .filter((sequence) => text.includes(sequence))
          .map((sequence) => invalid(at, text, `must not contain '${sequence}'`)),
        ...badEnds
          .filter((end) => text.endsWith(end))
          .map((end) => invalid(at, text, `cannot end with '${end}'`)),
      );
      break;
    case "ImplementationSpecific":
      if (text !== "") errors.push(...absolute);
      break;
    default: {
      const words = ["Exact", "ImplementationSpecific", "Prefix"];
      errors.push(notSupported(`${path}.pathType`, pathType, words));
    }
  }
  return [...errors, ...validateBackend(backend, `${path}.backend`)];
}

function validateBackend({ service, resource }: IngressBackend, path: string): FieldError[] {
  if (resource !== undefined && service !== undefined) {
    return [invalid(path, "", "cannot set both resource and service backends")];
  }
  if (resource !== undefined) return validateReference(resource, `${path}.resource`);
  if (service !== undefined) return validateService(service, path);
  return [invalid(path, "", "resource or service backend is required")];
}

function validateService(
  { name = "", port: { name: portName = "", number = 0 } = {} }: IngressServiceBackend,
  path: string,
): FieldError[] {
  const nameAt = `${path}.service.name`;
  const errors = name === "" ? requireText(nameAt, name) : dnsLabelField(nameAt, name);
  const at = `${path}.service.port`;
  if (portName !== "" && number !== 0) {
    return [...errors, invalid(path, "", "cannot set both port name & port number")];
  }
  if (portName !== "") {
    return [...errors, ...invalidFor(`${at}.name`, portName, portNameErrors(portName))];
  }
  if (number !== 0) {
    return [...errors, ...invalidFor(`${at}.number`, number, portNumberErrors(number))];
  }
  return [...errors, required(path, "port name or number is required")];
}

const secretErrors = (name = ""): string[] => (name === "" ? [] : dns1123SubdomainErrors(name));

function validateTls(
  { hosts = [], secretName }: IngressTLS,
  freeSecrets: boolean,
  path: string,
): FieldError[] {
  return [
    ...hosts.flatMap((host, index) =>
      invalidFor(`${path}.hosts[${index}]`, host, hostErrors(host)),
    ),
    ...(freeSecrets ? [] : invalidFor(`${path}.secretName`, secretName, secretErrors(secretName))),
  ];
}
