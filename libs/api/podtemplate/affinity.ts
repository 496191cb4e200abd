/** Affinity to nodes and to other pods. */
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from "#proto/gen/k8s/core/v1.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { forbidden, invalid, required, type FieldError } from "../errors.ts";
import { dns1123LabelErrors, dns1123SubdomainErrors } from "../names.ts";
import { invalidFor, qualifiedNameField } from "../validation/fields.ts";
import { validateLabelSelector } from "../validation/selectors.ts";

const requiredPath = "requiredDuringSchedulingIgnoredDuringExecution";
const preferredPath = "preferredDuringSchedulingIgnoredDuringExecution";

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  return [
    ...validateNodeAffinity(nodeAffinity, `${path}.nodeAffinity`),
    ...validatePodAffinity(podAffinity, `${path}.podAffinity`),
    ...validatePodAffinity(podAntiAffinity, `${path}.podAntiAffinity`),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const selector = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...(selector === undefined ? [] : validateNodeSelector(selector, `${path}.${requiredPath}`)),
    ...preferred.flatMap(({ weight = 0, preference }, index) => {
      const at = `${path}.${preferredPath}[${index}]`;
      const errors = validateWeight(weight, at);
      return [...errors, ...validateNodeSelectorTerm(preference ?? {}, `${at}.preference`)];
    }),
  ];
}

export function validateNodeSelector(selector: NodeSelector, path: string): FieldError[] {
  // Decoding leaves null where Go has no list.
  const terms = selector.nodeSelectorTerms ?? [];
  const termsPath = `${path}.nodeSelectorTerms`;
  if (terms.length === 0) {
    return [required(termsPath, "must have at least one node selector term")];
  }
  return terms.flatMap((term, index) => validateNodeSelectorTerm(term, `${termsPath}[${index}]`));
}

function validateNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  path: string,
): FieldError[] {
  return [
    ...matchExpressions.flatMap((requirement, index) =>
      validateNodeExpression(requirement, `${path}.matchExpressions[${index}]`),
    ),
    ...matchFields.flatMap((requirement, index) =>
      validateNodeField(requirement, `${path}.matchFields[${index}]`),
    ),
  ];
}

function validateNodeExpression(
  { key = "", operator = "", values = [] }: NodeSelectorRequirement,
  path: string,
): FieldError[] {
  const errors = validateNodeOperator(operator, values, path);
  return [...errors, ...qualifiedNameField(`${path}.key`, key)];
}

function validateNodeOperator(
  operator: string,
  values: readonly string[],
  path: string,
): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn": {
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      return values.length > 0 ? [] : [required(`${path}.values`, detail)];
    }
    case "Exists":
    case "DoesNotExist": {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return values.length === 0 ? [] : [forbidden(`${path}.values`, detail)];
    }
    case "Gt":
    case "Lt": {
      const detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
      return values.length === 1 ? [] : [required(`${path}.values`, detail)];
    }
    default:
      return [invalid(`${path}.operator`, operator, "not a valid selector operator")];
  }
}

/** The only field of a node that can be selected is its name. */
function validateNodeField(
  { key = "", operator = "", values = [] }: NodeSelectorRequirement,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (operator !== "In" && operator !== "NotIn") {
    errors.push(invalid(`${path}.operator`, operator, "not a valid selector operator"));
  } else if (values.length !== 1) {
    const detail =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    errors.push(required(`${path}.values`, detail));
  }
  if (key !== "metadata.name") {
    return [...errors, invalid(`${path}.key`, key, "not a valid field selector key")];
  }
  const names = values.flatMap((value, index) =>
    invalidFor(`${path}.values[${index}]`, value, dns1123SubdomainErrors(value)),
  );
  return [...errors, ...names];
}

function validatePodAffinity(affinity: PodAffinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return [];
  const terms = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...terms.flatMap((term, index) =>
      validatePodAffinityTerm(term, `${path}.${requiredPath}[${index}]`),
    ),
    ...preferred.flatMap(({ weight = 0, podAffinityTerm }, index) => {
      const at = `${path}.${preferredPath}[${index}]`;
      const errors = validateWeight(weight, at);
      const term = podAffinityTerm ?? {};
      return [...errors, ...validatePodAffinityTerm(term, `${at}.podAffinityTerm`)];
    }),
  ];
}

function validateWeight(weight: number, path: string): FieldError[] {
  if (weight > 0 && weight <= 100) return [];
  return [invalid(`${path}.weight`, weight, "must be in the range 1-100")];
}

function validatePodAffinityTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = "" } = term;
  const errors = [
    ...validateLabelSelector(labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(namespaceSelector, `${path}.namespaceSelector`),
    ...namespaces.flatMap((name) =>
      invalidFor(`${path}.namespace`, name, dns1123LabelErrors(name)),
    ),
    ...validateKeysOfTerm(term, path),
  ];
  if (topologyKey === "") errors.push(required(`${path}.topologyKey`, "can not be empty"));
  return [...errors, ...qualifiedNameField(`${path}.topologyKey`, topologyKey)];
}

/** Keys whose values were merged into the selector from the pod's own labels. */
function validateKeysOfTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const errors = [
    ...validateLabelKeys(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`),
    ...validateLabelKeys(mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`),
  ];
  if (labelSelector !== undefined) {
    const detail = "exists in both matchLabelKeys and labelSelector";
    matchLabelKeys.forEach((key, index) => {
      if (timesSelected(key, labelSelector) < 2) return;
      errors.push(invalid(`${path}[${index}]`, key, detail));
    });
  }
  for (const key of mismatchLabelKeys) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index < 0) continue;
    const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
    errors.push(invalid(`${path}.matchLabelKeys[${index}]`, key, detail));
  }
  return errors;
}

/** How often a selector asks for a label. */
export function timesSelected(key: string, selector: LabelSelector): number {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const expressions = matchExpressions.filter((expression) => expression.key === key).length;
  return expressions + (key in matchLabels ? 1 : 0);
}

/** Keys need a selector to be added to, and must be label keys. */
export function validateLabelKeys(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) {
    return [forbidden(path, "must not be specified when labelSelector is not set")];
  }
  return keys.flatMap((key, index) => qualifiedNameField(`${path}[${index}]`, key));
}
