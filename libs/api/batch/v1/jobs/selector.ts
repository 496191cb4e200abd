/** The selector that a job gets, so that it counts its own pods alone. */
import type { Job } from "#proto/gen/k8s/batch/v1.ts";
import { invalid, required, type FieldError } from "../../../errors.ts";
import { goMap, goSelector } from "../../../goform.ts";
import { matchesSelector, selectorOfLabelSelector } from "../../../selectors.ts";
import { validateLabelSelector } from "../../../validation/selectors.ts";

export const controllerUidLabel = "batch.kubernetes.io/controller-uid";
export const jobNameLabel = "batch.kubernetes.io/job-name";
/** The same labels before they had a prefix. */
const oldControllerUidLabel = "controller-uid";
const oldJobNameLabel = "job-name";

/** What a client said already stays; validation refuses what does not fit. */
export function generateSelector(job: Job): void {
  const { name = "", uid = "" } = job.metadata ?? {};
  job.spec ??= {};
  const { spec } = job;
  spec.template ??= {};
  const { template } = spec;
  const labels = {
    [oldJobNameLabel]: name,
    [jobNameLabel]: name,
    [oldControllerUidLabel]: uid,
    [controllerUidLabel]: uid,
  };
  const given = template.metadata?.labels;
  const isShared = given !== undefined && job.metadata?.labels === given;
  template.metadata = { ...template.metadata, labels: { ...labels, ...given } };
  if (isShared) job.metadata = { ...job.metadata, labels: template.metadata.labels ?? {} };
  spec.selector = {
    ...spec.selector,
    matchLabels: { [controllerUidLabel]: uid, ...spec.selector?.matchLabels },
  };
}

/** `old` jobs are from a time before the prefixed labels, maybe. */
export function validateGenerated({ metadata, spec }: Job, old: Job | undefined): FieldError[] {
  const { manualSelector, selector, template } = spec ?? {};
  if (manualSelector === true || selector === undefined) return [];
  const { name = "", uid = "" } = metadata ?? {};
  const before = old?.spec?.template?.metadata?.labels ?? {};
  const isPrefixed = old === undefined || (jobNameLabel in before && controllerUidLabel in before);
  const expected = {
    [oldControllerUidLabel]: uid,
    [oldJobNameLabel]: name,
    ...(isPrefixed ? { [controllerUidLabel]: uid, [jobNameLabel]: name } : {}),
  };
  const labels = template?.metadata?.labels ?? {};
  const errors = uid === "" ? [required("metadata.uid", "")] : [];
  for (const [key, value] of Object.entries(expected)) {
    if (labels[key] === value) continue;
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    errors.push(
      labels[key] === undefined ? required(path, detail) : invalid(path, goMap(labels), detail),
    );
  }
  // What does not parse is refused elsewhere.
  if (validateLabelSelector(selector, "").length > 0) return errors;
  if (matchesSelector(selectorOfLabelSelector(selector), expected)) return errors;
  return [
    ...errors,
    invalid("spec.selector", goSelector(selector), "`selector` not auto-generated"),
  ];
}
