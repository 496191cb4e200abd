/** Tolerations, spread constraints, gates and resource claims of pods. */
import type {
  PodReadinessGate,
  PodResourceClaim,
  PodSchedulingGate,
  Toleration,
  TopologySpreadConstraint,
} from "#proto/gen/k8s/core/v1.ts";
import { duplicate, invalid, notSupported, required, type FieldError } from "../errors.ts";
import { dns1123SubdomainErrors, labelValueErrors } from "../names.ts";
import {
  dnsLabelField,
  invalidFor,
  optionalWordField,
  qualifiedNameField,
} from "../validation/fields.ts";
import { validateLabelSelector } from "../validation/selectors.ts";
import { timesSelected, validateLabelKeys } from "./affinity.ts";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

export function validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, index) =>
    validateToleration(toleration, `${path}[${index}]`),
  );
}

function validateToleration(toleration: Toleration, path: string): FieldError[] {
  const { key = "", operator = "", effect = "", tolerationSeconds } = toleration;
  const errors = key === "" ? [] : qualifiedNameField(`${path}.key`, key);
  if (key === "" && operator !== "Exists") {
    const detail =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${path}.operator`, operator, detail));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalid(`${path}.effect`, effect, detail));
  }
  errors.push(...validateTolerationValue(toleration, path));
  if (effect !== "") errors.push(...optionalWordField(`${path}.effect`, effect, taintEffects));
  return errors;
}

function validateTolerationValue(
  { operator = "", value = "" }: Toleration,
  path: string,
): FieldError[] {
  switch (operator) {
    case "":
    case "Equal": {
      const texts = labelValueErrors(value);
      return texts.length === 0 ? [] : [invalid(`${path}.operator`, value, texts.join(";"))];
    }
    case "Exists": {
      const detail = "value must be empty when `operator` is 'Exists'";
      return value === "" ? [] : [invalid(`${path}.operator`, value, detail)];
    }
    default:
      return [notSupported(`${path}.operator`, operator, ["Equal", "Exists"])];
  }
}

export function validateSpreadConstraints(
  constraints: readonly TopologySpreadConstraint[] | undefined,
  path: string,
): FieldError[] {
  return (constraints ?? []).flatMap((constraint, index, all) => {
    const at = `${path}[${index}]`;
    const { topologyKey, whenUnsatisfiable } = constraint;
    const repeated = all
      .slice(index + 1)
      .some((x) => x.topologyKey === topologyKey && x.whenUnsatisfiable === whenUnsatisfiable);
    const pair = `{${topologyKey ?? ""}, ${whenUnsatisfiable ?? ""}}`;
    return [
      ...validateSkew(constraint, at),
      ...(repeated ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair)] : []),
      ...validateMinDomains(constraint, at),
      ...validateSpreadRest(constraint, at),
    ];
  });
}

const unsatisfiableActions = ["DoNotSchedule", "ScheduleAnyway"];

function validateSkew(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const { maxSkew = 0, topologyKey = "", whenUnsatisfiable = "" } = constraint;
  const errors: FieldError[] = [];
  if (maxSkew <= 0) errors.push(invalid(`${path}.maxSkew`, maxSkew, "must be greater than zero"));
  if (topologyKey === "") errors.push(required(`${path}.topologyKey`, "can not be empty"));
  const actionPath = `${path}.whenUnsatisfiable`;
  errors.push(...optionalWordField(actionPath, whenUnsatisfiable, unsatisfiableActions));
  return errors;
}

function validateMinDomains(
  { minDomains, whenUnsatisfiable = "" }: TopologySpreadConstraint,
  path: string,
): FieldError[] {
  if (minDomains === undefined) return [];
  const at = `${path}.minDomains`;
  const errors: FieldError[] = [];
  if (minDomains <= 0) errors.push(invalid(at, minDomains, "must be greater than zero"));
  if (whenUnsatisfiable !== "DoNotSchedule") {
    const detail =
      "can only use minDomains if whenUnsatisfiable=DoNotSchedule, " + `not ${whenUnsatisfiable}`;
    errors.push(invalid(at, minDomains, detail));
  }
  return errors;
}

const inclusionPolicies = ["Honor", "Ignore"];

function validateSpreadRest(constraint: TopologySpreadConstraint, path: string): FieldError[] {
  const { nodeAffinityPolicy, nodeTaintsPolicy, matchLabelKeys = [], labelSelector } = constraint;
  const keysPath = `${path}.matchLabelKeys`;
  const errors = [
    ...optionalWordField(`${path}.nodeAffinityPolicy`, nodeAffinityPolicy, inclusionPolicies),
    ...optionalWordField(`${path}.nodeTaintsPolicy`, nodeTaintsPolicy, inclusionPolicies),
    ...validateLabelKeys(matchLabelKeys, labelSelector, keysPath),
  ];
  matchLabelKeys.forEach((key, index) => {
    if (labelSelector === undefined || timesSelected(key, labelSelector) < 2) return;
    const detail = "exists in both matchLabelKeys and labelSelector";
    errors.push(invalid(`${keysPath}[${index}]`, key, detail));
  });
  return [...errors, ...validateLabelSelector(labelSelector, `${path}.labelSelector`)];
}

export function validateReadinessGates(
  gates: readonly PodReadinessGate[] | undefined,
  path: string,
): FieldError[] {
  return (gates ?? []).flatMap(({ conditionType = "" }, index) =>
    qualifiedNameField(`${path}[${index}].conditionType`, conditionType),
  );
}

export function validateSchedulingGates(
  gates: readonly PodSchedulingGate[] | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return (gates ?? []).flatMap(({ name = "" }, index) => {
    const at = `${path}[${index}]`;
    const errors = qualifiedNameField(at, name);
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}

export function validateResourceClaims(
  claims: readonly PodResourceClaim[] | undefined,
  path: string,
): FieldError[] {
  const seen = new Set<string>();
  return (claims ?? []).flatMap((claim, index) => {
    const at = `${path}[${index}]`;
    const { name = "" } = claim;
    const errors = claimNameErrors(name, seen, `${at}.name`);
    seen.add(name);
    return [...errors, ...validateClaimSource(claim, at)];
  });
}

function claimNameErrors(name: string, seen: ReadonlySet<string>, path: string): FieldError[] {
  if (name === "") return [required(path, "")];
  return seen.has(name) ? [duplicate(path, name)] : dnsLabelField(path, name);
}

function validateClaimSource(claim: PodResourceClaim, path: string): FieldError[] {
  const { name = "", resourceClaimName: given, resourceClaimTemplateName: template } = claim;
  const shown = {
    Name: name,
    ResourceClaimName: given ?? null,
    ResourceClaimTemplateName: template ?? null,
  };
  const errors: FieldError[] = [];
  if (given !== undefined && template !== undefined) {
    const detail =
      "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified";
    errors.push(invalid(path, shown, detail));
  }
  if (given === undefined && template === undefined) {
    const detail = "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`";
    errors.push(invalid(path, shown, detail));
  }
  for (const field of ["resourceClaimName", "resourceClaimTemplateName"] as const) {
    const value = claim[field];
    if (value === undefined) continue;
    errors.push(...invalidFor(`${path}.${field}`, value, dns1123SubdomainErrors(value)));
  }
  return errors;
}
