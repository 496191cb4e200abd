/** Specs that join a selector and a template, as the workloads of apps/v1 do. */
import type { PodTemplateSpec } from "#proto/gen/k8s/core/v1.ts";
import type { LabelSelector } from "#proto/gen/k8s/meta/v1.ts";
import { invalid, required, type FieldError } from "../errors.ts";
import { goSelector } from "../goform.ts";
import { matchesSelector, selectorOfLabelSelector } from "../selectors.ts";
import { validateLabelSelector } from "../validation/selectors.ts";
import { isEmptySelector, validateReplicatedTemplate } from "./validate.ts";

/** A selector that selects some pods, and not all. */
export function validateRequiredSelector(
  selector: LabelSelector | undefined,
  path: string,
): FieldError[] {
  if (selector === undefined) return [required(path, "")];
  const errors = validateLabelSelector(selector, path);
  if (!isEmptySelector(selector)) return errors;
  return [...errors, invalid(path, {}, "empty selector is invalid for deployment")];
}

/** The template of a Deployment or ReplicaSet against its selector. */
export function validateSelectedTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  path: string,
): FieldError[] {
  // What does not parse cannot be compared.
  if (validateLabelSelector(selector, "").length > 0) {
    return [invalid(`${path}.selector`, goSelector(selector), "invalid label selector")];
  }
  const parsed = selectorOfLabelSelector(selector);
  const selectsAll = selector !== undefined && isEmptySelector(selector);
  return validateReplicatedTemplate(
    template ?? {},
    (labels) => selectsAll || matchesSelector(parsed, labels),
    "ReplicaSet",
    `${path}.template`,
  );
}
