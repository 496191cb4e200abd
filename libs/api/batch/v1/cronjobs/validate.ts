/** What cron jobs may ask for (Kubernetes: pkg/apis/batch/validation). */
import type { CronJob, CronJobSpec, JobTemplateSpec } from "#proto/gen/k8s/batch/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { goSelector } from "../../../goform.ts";
import { nonNegative, wordField } from "../../../validation/fields.ts";
import { validateJobSpec } from "../jobs/validate.ts";
import { parseSchedule, ScheduleError } from "./schedule.ts";
import { timeZoneErrors } from "./timezone.ts";

/** The names of its jobs are eleven characters longer. */
const nameMax = 52;

export function validateCronJob({ metadata, spec = {} }: CronJob): FieldError[] {
  const errors = validateSpec(spec, undefined);
  const name = metadata?.name ?? "";
  if (name.length <= nameMax) return errors;
  const detail = `must be no more than ${nameMax} characters`;
  return [...errors, invalid("metadata.name", name, detail)];
}

export function validateCronJobUpdate({ spec = {} }: CronJob, old: CronJob): FieldError[] {
  return validateSpec(spec, old.spec ?? {});
}

function validateSpec(spec: CronJobSpec, old: CronJobSpec | undefined): FieldError[] {
  const isNewZone = old === undefined || old.timeZone !== spec.timeZone;
  const policies = ["Allow", "Forbid", "Replace"];
  return [
    ...validateSchedule(spec, old, "spec.schedule"),
    ...nonNegative("spec.startingDeadlineSeconds", spec.startingDeadlineSeconds),
    ...(isNewZone ? validateTimeZone(spec.timeZone, "spec.timeZone") : []),
    ...wordField("spec.concurrencyPolicy", spec.concurrencyPolicy, policies),
    ...validateJobTemplate(spec.jobTemplate ?? {}, "spec.jobTemplate.spec"),
    ...nonNegative("spec.successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit),
    ...nonNegative("spec.failedJobsHistoryLimit", spec.failedJobsHistoryLimit),
  ];
}

/** A zone in the schedule is from a time when there was no other way to say it. */
function validateSchedule(
  { schedule = "", timeZone }: CronJobSpec,
  old: CronJobSpec | undefined,
  path: string,
): FieldError[] {
  if (schedule === "") return [required(path, "")];
  const errors: FieldError[] = [];
  try {
    parseSchedule(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    errors.push(invalid(path, schedule, error.message));
  }
  if (!schedule.includes("TZ")) return errors;
  if (old?.schedule?.includes("TZ") !== true) {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    return [...errors, invalid(path, schedule, detail)];
  }
  if (timeZone === undefined) return errors;
  const detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
  return [...errors, invalid(path, schedule, detail)];
}

function validateTimeZone(zone: string | undefined, path: string): FieldError[] {
  if (zone === undefined) return [];
  return timeZoneErrors(zone).map((detail) => invalid(path, zone, detail));
}

/** Every job gets a selector of its own. */
function validateJobTemplate({ spec = {} }: JobTemplateSpec, path: string): FieldError[] {
  const errors = validateJobSpec(spec, path);
  if (spec.selector !== undefined) {
    const detail = "`selector` will be auto-generated";
    errors.push(invalid(`${path}.selector`, goSelector(spec.selector), detail));
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(`${path}.manualSelector`, true, ["nil", "false"]));
  }
  return errors;
}
