/** What jobs may ask for (Kubernetes: pkg/apis/batch/validation). */
import { schemaOf } from "#libs/schema/index.ts";
import type { Job, JobSpec } from "#proto/gen/k8s/batch/v1.ts";
import { invalid, notSupported, required, tooLong, type FieldError } from "../../../errors.ts";
import { goMap, goStruct } from "../../../goform.ts";
import { dns1123LabelErrors } from "../../../names.ts";
import { validatePodTemplate } from "../../../podtemplate/validate.ts";
import { matchesSelector, selectorOfLabelSelector } from "../../../selectors.ts";
import { domainPathField, nonNegative } from "../../../validation/fields.ts";
import { validateLabelSelector } from "../../../validation/selectors.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./policies.ts";
import { validateGenerated } from "./selector.ts";

/** With an index per pod; bounds the text of completed indexes. */
const parallelismIndexedMax = 100_000;
const failedIndexesMax = 100_000;
/** More completions than this allow less of the rest. */
const completionsMany = 100_000;
const parallelismOfManyMax = 10_000;
const failedIndexesOfManyMax = 10_000;
const managedByMax = 63;

export function validateJob(job: Job): FieldError[] {
  return validateWhole(job, undefined);
}

/** `old` is the job before an update. */
export function validateWhole(job: Job, old: Job | undefined): FieldError[] {
  const { metadata, spec = {} } = job;
  const { completionMode, completions = 0 } = spec;
  const errors = [...validateGenerated(job, old), ...validateSelectingSpec(spec, "spec")];
  const name = metadata?.name ?? "";
  // The name of the last pod, which is its host's name, too.
  const lastName = `${name}-${completions - 1}`;
  const isNamed = completionMode !== "Indexed" || completions <= 0;
  if (isNamed || dns1123LabelErrors(lastName).length === 0) return errors;
  const detail = `will not able to create pod with invalid DNS label: ${lastName}`;
  return [...errors, invalid("metadata.name", name, detail)];
}

/** The spec of a job, which selects its pods; the template of one does not. */
export function validateSelectingSpec(spec: JobSpec, path: string): FieldError[] {
  return [
    ...validateJobSpec(spec, path),
    ...(spec.selector === undefined ? [required(`${path}.selector`, "")] : []),
    ...validateSelected(spec, path),
  ];
}

function validateSelected({ selector, template }: JobSpec, path: string): FieldError[] {
  const errors = validateLabelSelector(selector, `${path}.selector`);
  if (errors.length > 0) return errors;
  const labels = template?.metadata?.labels;
  if (matchesSelector(selectorOfLabelSelector(selector), labels ?? {})) return [];
  const detail = "`selector` does not match template `labels`";
  return [invalid(`${path}.template.metadata.labels`, goMap(labels), detail)];
}

/** What a job and the template of one have to obey alike. */
export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  return [
    ...nonNegative(`${path}.parallelism`, spec.parallelism),
    ...nonNegative(`${path}.completions`, spec.completions),
    ...nonNegative(`${path}.activeDeadlineSeconds`, spec.activeDeadlineSeconds),
    ...nonNegative(`${path}.backoffLimit`, spec.backoffLimit),
    ...nonNegative(`${path}.ttlSecondsAfterFinished`, spec.ttlSecondsAfterFinished),
    ...nonNegative(`${path}.backoffLimitPerIndex`, spec.backoffLimitPerIndex),
    ...nonNegative(`${path}.maxFailedIndexes`, spec.maxFailedIndexes),
    ...validateFailureBudget(spec, path),
    ...validateManagedBy(spec.managedBy, `${path}.managedBy`),
    ...validateCompletionMode(spec, path),
    ...(spec.podFailurePolicy === undefined
      ? []
      : validateFailurePolicy(spec, `${path}.podFailurePolicy`)),
    ...validateSuccess(spec, `${path}.successPolicy`),
    ...validateReplacement(spec, `${path}.podReplacementPolicy`),
    ...validatePodTemplate(spec.template ?? {}, `${path}.template`),
    ...validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`),
  ];
}

function validateFailureBudget(
  { maxFailedIndexes, backoffLimitPerIndex }: JobSpec,
  path: string,
): FieldError[] {
  if (maxFailedIndexes === undefined || backoffLimitPerIndex !== undefined) return [];
  return [required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified")];
}

function validateManagedBy(manager: string | undefined, path: string): FieldError[] {
  if (manager === undefined) return [];
  const errors = domainPathField(path, manager);
  return manager.length > managedByMax ? [...errors, tooLong(path, managedByMax)] : errors;
}

function validateCompletionMode(spec: JobSpec, path: string): FieldError[] {
  const { completionMode: mode, backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (mode === "Indexed") return validateIndexed(spec, path);
  if (mode !== undefined && mode !== "NonIndexed") {
    return [notSupported(`${path}.completionMode`, mode, ["NonIndexed", "Indexed"])];
  }
  const errors: FieldError[] = [];
  const detail = "requires indexed completion mode";
  if (backoffLimitPerIndex !== undefined) {
    errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, detail));
  }
  if (maxFailedIndexes !== undefined) {
    errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, detail));
  }
  return errors;
}

function validateIndexed(spec: JobSpec, path: string): FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const errors: FieldError[] = [];
  const parallelismTooHigh = (max: number, when: string) =>
    invalid(`${path}.parallelism`, parallelism, `must be less than or equal to ${max} ${when}`);
  if (completions === undefined) {
    errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
  }
  if (parallelism > parallelismIndexedMax) {
    errors.push(parallelismTooHigh(parallelismIndexedMax, "when completion mode is Indexed"));
  }
  const failedAt = `${path}.maxFailedIndexes`;
  const failed = maxFailedIndexes ?? 0;
  if (completions !== undefined && failed > completions) {
    errors.push(invalid(failedAt, failed, "must be less than or equal to completions"));
  }
  if (failed > failedIndexesMax) {
    errors.push(invalid(failedAt, failed, `must be less than or equal to ${failedIndexesMax}`));
  }
  if ((completions ?? 0) <= completionsMany || backoffLimitPerIndex === undefined) return errors;
  if (maxFailedIndexes === undefined) {
    const detail = `must be specified when completions is above ${completionsMany}`;
    errors.push(required(failedAt, detail));
  }
  const ofMany =
    `when completions are above ${completionsMany} ` + "and used with backoff limit per index";
  if (parallelism > parallelismOfManyMax) {
    errors.push(parallelismTooHigh(parallelismOfManyMax, ofMany));
  }
  if (failed > failedIndexesOfManyMax) {
    const detail = `must be less than or equal to ${failedIndexesOfManyMax} ${ofMany}`;
    errors.push(invalid(failedAt, failed, detail));
  }
  return errors;
}

function validateSuccess(spec: JobSpec, path: string): FieldError[] {
  if (spec.successPolicy === undefined) return [];
  if (spec.completionMode === "Indexed") return validateSuccessPolicy(spec, path);
  const shown = goStruct(spec.successPolicy, schemaOf("k8s.batch.v1.SuccessPolicy"));
  return [invalid(path, shown, "requires indexed completion mode")];
}

function validateReplacement(
  { podReplacementPolicy, podFailurePolicy }: JobSpec,
  path: string,
): FieldError[] {
  if (podReplacementPolicy === undefined) return [];
  const words = podFailurePolicy === undefined ? ["Failed", "TerminatingOrFailed"] : ["Failed"];
  const isKnown = words.includes(podReplacementPolicy);
  return isKnown ? [] : [notSupported(path, podReplacementPolicy, words)];
}

function validateRestartPolicy(
  { template, podFailurePolicy }: JobSpec,
  path: string,
): FieldError[] {
  const policy = template?.spec?.restartPolicy ?? "";
  switch (policy) {
    case "":
    // A policy that is not said has become this.
    case "Always":
      return [required(path, 'valid values: "OnFailure", "Never"')];
    case "Never":
      return [];
    case "OnFailure": {
      const detail = 'only "Never" is supported when podFailurePolicy is specified';
      return podFailurePolicy === undefined ? [] : [invalid(path, policy, detail)];
    }
    default:
      return [notSupported(path, policy, ["OnFailure", "Never"])];
  }
}
