/** Selectors in resource attributes, checked before a review is answered. */
import { forbidden, invalid, required, type FieldError } from "#libs/api/errors.ts";
import { qualifiedNameErrors } from "#libs/api/names.ts";

export interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly Requirement[];
}

interface Requirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

export interface Selectors {
  readonly fieldSelector?: SelectorAttributes;
  readonly labelSelector?: SelectorAttributes;
}

const path = "spec.resourceAttributes";

export function selectorErrors({ fieldSelector, labelSelector }: Selectors): FieldError[] {
  return [
    ...attributesErrors(`${path}.fieldSelector`, fieldSelector, fieldKeyErrors),
    ...attributesErrors(`${path}.labelSelector`, labelSelector, labelKeyErrors),
  ];
}

type KeyErrors = (field: string, key: string) => FieldError[];

const fieldKeyErrors: KeyErrors = (field, key) =>
  key === "" ? [required(field, "must be specified")] : [];

const labelKeyErrors: KeyErrors = (field, key) =>
  qualifiedNameErrors(key).map((text) => invalid(field, key, text));

function attributesErrors(
  field: string,
  selector: SelectorAttributes | undefined,
  keyErrors: KeyErrors,
): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    const detail = "may not specified at the same time as requirements";
    return [invalid(`${field}.rawSelector`, rawSelector, detail)];
  }
  if (rawSelector === "" && requirements.length === 0) {
    const detail = `when ${field} is specified, requirements or rawSelector is required`;
    return [required(`${field}.requirements`, detail)];
  }
  return requirements.flatMap((requirement, index) =>
    requirementErrors(`${field}.requirements[${index}]`, requirement, keyErrors),
  );
}

function requirementErrors(
  field: string,
  { key = "", operator = "", values = [] }: Requirement,
  keyErrors: KeyErrors,
): FieldError[] {
  const errors: FieldError[] = [];
  const wantsValues = operator === "In" || operator === "NotIn";
  const refusesValues = operator === "Exists" || operator === "DoesNotExist";
  if (wantsValues && values.length === 0) {
    const detail = "must be specified when `operator` is 'In' or 'NotIn'";
    errors.push(required(`${field}.values`, detail));
  }
  if (refusesValues && values.length > 0) {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    errors.push(forbidden(`${field}.values`, detail));
  }
  return [...errors, ...keyErrors(`${field}.key`, key)];
}
