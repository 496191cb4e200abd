/** Are label selectors valid? Texts of k8s.io/apimachinery pkg/apis/meta/v1/validation. */
import type { LabelSelector, LabelSelectorRequirement } from "#proto/gen/k8s/meta/v1.ts";
import { semanticEqual } from "../equality.ts";
import { forbidden, invalid, required, type FieldError } from "../errors.ts";
import { goSelector } from "../goform.ts";
import { validateLabels } from "../metadata/validate.ts";
import { labelValueErrors } from "../names.ts";
import { invalidFor, qualifiedNameField } from "./fields.ts";

/** What is wrong with a selector; nothing with none. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector.matchLabels, `${path}.matchLabels`),
    ...(selector.matchExpressions ?? []).flatMap((requirement, index) =>
      validateRequirement(requirement, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

/** An error when a selector that may not change did. */
export function validateSelectorKept(
  path: string,
  selector: LabelSelector | undefined,
  old: LabelSelector | undefined,
): FieldError[] {
  if (semanticEqual(selector, old)) return [];
  return [invalid(path, goSelector(selector), "field is immutable")];
}

function validateRequirement(
  { key = "", operator = "", values = [] }: LabelSelectorRequirement,
  path: string,
): FieldError[] {
  return [
    ...validateOperator(operator, values, path),
    ...qualifiedNameField(`${path}.key`, key),
    ...values.flatMap((value, index) =>
      invalidFor(`${path}.values[${index}]`, value, labelValueErrors(value)),
    ),
  ];
}

function validateOperator(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn": {
      if (values.length > 0) return [];
      const detail = "must be specified when `operator` is 'In' or 'NotIn'";
      return [required(`${path}.values`, detail)];
    }
    case "Exists":
    case "DoesNotExist": {
      if (values.length === 0) return [];
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return [forbidden(`${path}.values`, detail)];
    }
    default:
      return [invalid(`${path}.operator`, operator, "not a valid selector operator")];
  }
}
