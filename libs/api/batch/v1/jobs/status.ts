/**
 * What a job's status may say, and how it may change (Kubernetes: ValidateJobUpdateStatus). A rule
 * is applied to what a write changes only: what was wrong before may stay.
 */
import type { Job, JobStatus } from "#proto/gen/k8s/batch/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { duplicate, invalid, omitValue, required, type FieldError } from "../../../errors.ts";
import { nonNegative } from "../../../validation/fields.ts";
import { isFinished, isTrue, type JobConditionType } from "./conditions.ts";
import { indexesError, sharedIndex } from "./indexes.ts";

export function validateStatusUpdate(job: Job, old: Job): FieldError[] {
  const change = changeOf(job, old);
  return [
    ...validateCounts(job.status ?? {}),
    ...validateEnds(job, change),
    ...validateFinished(job, change),
    ...validateIndexes(job, change),
    ...validatePods(job, change),
    ...validateCriteria(job),
    ...validateKept(job, old, change),
  ];
}

/** Whether a write changes something about the job. */
interface Change {
  status(...fields: readonly (keyof JobStatus)[]): boolean;
  condition(...types: readonly JobConditionType[]): boolean;
  readonly finished: boolean;
}

function changeOf(job: Job, old: Job): Change {
  const { status = {} } = job;
  const { status: before = {} } = old;
  return {
    status: (...fields) => fields.some((field) => !semanticEqual(status[field], before[field])),
    condition: (...types) => types.some((type) => isTrue(job, type) !== isTrue(old, type)),
    finished: isFinished(job) !== isFinished(old),
  };
}

const conditionsError = (detail: string) => invalid("status.conditions", omitValue, detail);

function validateCounts(status: JobStatus): FieldError[] {
  const counts = ["active", "succeeded", "failed", "ready", "terminating"] as const;
  const errors = counts.flatMap((count) => nonNegative(`status.${count}`, status[count]));
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"] as const) {
    for (const [index, uid] of (status.uncountedTerminatedPods?.[list] ?? []).entries()) {
      const path = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === "") errors.push(invalid(path, uid, "must not be empty"));
      else if (seen.has(uid)) errors.push(duplicate(path, uid));
      seen.add(uid);
    }
  }
  return errors;
}

/** The two ends exclude each other, and each has its time and its forerunner. */
function validateEnds(job: Job, change: Change): FieldError[] {
  const { startTime, completionTime } = job.status ?? {};
  const isComplete = isTrue(job, "Complete");
  const isFailed = isTrue(job, "Failed");
  const errors: FieldError[] = [];
  if (change.condition("Complete", "Failed") && isComplete && isFailed) {
    errors.push(conditionsError("cannot set Complete=True and Failed=true conditions"));
  }
  const isTarget = isTrue(job, "FailureTarget");
  if (change.condition("Complete", "FailureTarget") && isComplete && isTarget) {
    errors.push(conditionsError("cannot set Complete=True and FailureTarget=true conditions"));
  }
  if (change.condition("Complete") || change.status("completionTime")) {
    const path = "status.completionTime";
    if (completionTime && !isComplete) {
      const detail = "cannot set completionTime when there is no Complete=True condition";
      errors.push(invalid(path, completionTime, detail));
    }
    if (!completionTime && isComplete) {
      errors.push(required(path, "completionTime is required for Complete jobs"));
    }
  }
  const isOrdered = !startTime || !completionTime || startTime <= completionTime;
  if (change.status("startTime", "completionTime") && !isOrdered) {
    const detail = "must be equal to or after `startTime`";
    errors.push(invalid("status.completionTime", completionTime, detail));
  }
  if ((change.condition("Failed") || change.status("failedIndexes")) && isFailed && !isTarget) {
    const detail = "cannot set Failed=True condition without the FailureTarget=true condition";
    errors.push(conditionsError(detail));
  }
  const isMet = isTrue(job, "SuccessCriteriaMet");
  if (change.condition("Complete", "SuccessCriteriaMet") && isComplete && !isMet) {
    const detail =
      "cannot set Complete=True condition without the SuccessCriteriaMet=true condition";
    errors.push(conditionsError(detail));
  }
  return errors;
}

function validateFinished(job: Job, change: Change): FieldError[] {
  if (!isFinished(job)) return [];
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = job.status ?? {};
  const errors: FieldError[] = [];
  if ((change.finished || change.status("active")) && active > 0) {
    errors.push(invalid("status.active", active, "active>0 is invalid for finished job"));
  }
  if ((change.finished || change.status("startTime")) && !startTime) {
    errors.push(required("status.startTime", "startTime is required for finished job"));
  }
  const { succeeded = [], failed = [] } = uncounted ?? {};
  const isCounted = succeeded.length + failed.length === 0;
  if ((change.finished || change.status("uncountedTerminatedPods")) && !isCounted) {
    const shown = { Succeeded: orNull(succeeded), Failed: orNull(failed) };
    const detail = "uncountedTerminatedPods needs to be empty for finished job";
    errors.push(invalid("status.uncountedTerminatedPods", shown, detail));
  }
  return errors;
}

const orNull = (list: readonly string[]) => (list.length === 0 ? null : list);

function validateIndexes({ spec, status = {} }: Job, change: Change): FieldError[] {
  const { completions, backoffLimitPerIndex, completionMode } = spec ?? {};
  const { completedIndexes = "", failedIndexes } = status;
  const isNewCompleted = change.status("completedIndexes");
  const isNewFailed = change.status("failedIndexes");
  const errors: FieldError[] = [];
  const refuse = (field: "completedIndexes" | "failedIndexes", detail: string) =>
    errors.push(invalid(`status.${field}`, status[field] ?? "", detail));
  const check = (field: "completedIndexes" | "failedIndexes", text: string) => {
    const error = indexesError(text, completions ?? 0);
    if (error !== undefined) refuse(field, `error parsing ${field}: ${error}`);
  };
  if (isNewCompleted && completions !== undefined) check("completedIndexes", completedIndexes);
  const isFailedChecked = completions !== undefined && backoffLimitPerIndex !== undefined;
  if (isNewFailed && isFailedChecked && failedIndexes !== undefined) {
    check("failedIndexes", failedIndexes);
  }
  if (isNewCompleted && completedIndexes !== "" && completionMode !== "Indexed") {
    const detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
    refuse("completedIndexes", detail);
  }
  if (isNewFailed && failedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    const detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    refuse("failedIndexes", detail);
  }
  const isOverlapChecked = isNewFailed || isNewCompleted;
  if (!isOverlapChecked || completions === undefined || failedIndexes === undefined) return errors;
  const shared = sharedIndex(completedIndexes, failedIndexes, completions);
  if (shared === undefined) return errors;
  refuse("failedIndexes", `failedIndexes and completedIndexes overlap at index: ${shared}`);
  return errors;
}

function validatePods(job: Job, change: Change): FieldError[] {
  const { terminating = 0, ready, active = 0 } = job.status ?? {};
  const errors: FieldError[] = [];
  const isEnding = change.finished || change.status("terminating");
  if (isEnding && terminating > 0 && isFinished(job)) {
    const detail = "terminating>0 is invalid for finished job";
    errors.push(invalid("status.terminating", terminating, detail));
  }
  if (change.status("ready", "active") && ready !== undefined && ready > active) {
    errors.push(invalid("status.ready", ready, "cannot set more ready pods than active"));
  }
  return errors;
}

function validateCriteria(job: Job): FieldError[] {
  const isMet = isTrue(job, "SuccessCriteriaMet");
  const errors = (["Failed", "FailureTarget"] as const)
    .filter((type) => isMet && isTrue(job, type))
    .map((type) =>
      conditionsError(`cannot set SuccessCriteriaMet=True and ${type}=true conditions`),
    );
  if (job.spec?.successPolicy === undefined || isMet || !isTrue(job, "Complete")) return errors;
  const detail =
    "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
  return [...errors, conditionsError(detail)];
}

/** What was reached is not taken back. */
function validateKept(job: Job, old: Job, change: Change): FieldError[] {
  const { status = {}, spec = {} } = job;
  const { status: before = {} } = old;
  const errors: FieldError[] = [];
  for (const type of ["Failed", "Complete", "FailureTarget"] as const) {
    if (!isTrue(old, type) || isTrue(job, type)) continue;
    errors.push(conditionsError(`cannot disable the terminal ${type}=True condition`));
  }
  // An indexed job can shrink, and then has fewer indexes that succeeded.
  const isElastic = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  for (const count of isElastic ? (["failed"] as const) : (["failed", "succeeded"] as const)) {
    const value = status[count] ?? 0;
    if (value >= (before[count] ?? 0)) continue;
    errors.push(invalid(`status.${count}`, value, `cannot decrease the ${count} counter`));
  }
  const { completionTime, startTime } = status;
  if (completionTime && before.completionTime && change.status("completionTime")) {
    const detail = "completionTime cannot be mutated";
    errors.push(invalid("status.completionTime", completionTime, detail));
  }
  if (before.startTime && startTime !== before.startTime && spec.suspend !== true) {
    errors.push(required("status.startTime", "startTime cannot be removed for unsuspended job"));
  }
  const wasMet = isTrue(old, "SuccessCriteriaMet");
  const isMet = isTrue(job, "SuccessCriteriaMet");
  if (wasMet && !isMet) {
    errors.push(conditionsError("cannot disable the SuccessCriteriaMet=True condition"));
  }
  if (isTrue(old, "Complete") && !wasMet && isMet) {
    const detail =
      "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    errors.push(conditionsError(detail));
  }
  return errors;
}
