/** CronJobs: jobs by the clock. */
import type { CronJob, Job } from "#proto/gen/k8s/batch/v1.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { templateColumns } from "../../podtemplate/replicas.ts";
import { podNameWarnings } from "../../podtemplate/warnings.ts";
import { ageColumn, ageText, nameColumn } from "../../printing.ts";
import { defineResource, type PrintColumn } from "../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../selectors.ts";
import { everyVerb } from "../../verbs.ts";
import { validateCronJob, validateCronJobUpdate } from "./cronjobs/validate.ts";
import { defaultJobTemplate } from "./jobs/defaults.ts";
import { jobSpecWarnings } from "./jobs/warnings.ts";

export const cronjobs = defineResource<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  singular: "cronjob",
  shortNames: ["cj"],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.batch.v1.CronJob",
  storageVersionHash: "sd5LIXh4Fjs=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (job) => {
    job.status = {};
    dropDisabledFields(job.spec?.jobTemplate?.spec?.template?.spec);
  },
  prepareForUpdate: (job, old) => {
    job.status = old.status ?? {};
    dropDisabledFields(job.spec?.jobTemplate?.spec?.template?.spec);
  },
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (job, old) => ({ ...job, spec: old.spec ?? {} }),
      validateUpdate: () => [],
      resetFields: ["spec"],
    },
  ],
  printColumns: [
    nameColumn,
    { name: "Schedule", type: "string", cell: ({ spec }) => spec?.schedule ?? "" },
    { name: "Timezone", type: "string", cell: ({ spec }) => spec?.timeZone ?? "<none>" },
    { name: "Suspend", type: "boolean", cell: ({ spec }) => flagText(spec?.suspend) },
    { name: "Active", type: "integer", cell: ({ status }) => status?.active?.length ?? 0 },
    {
      name: "Last Schedule",
      type: "string",
      cell: ({ status }, now) =>
        status?.lastScheduleTime ? ageText(status.lastScheduleTime, now) : "<none>",
    },
    ageColumn,
    ...jobTemplateColumns(),
  ],
  fieldSelectors: {},
  defaultPropagation: "background",
  resetFields: ["status"],
});

const flagText = (flag: boolean | undefined) =>
  flag === undefined ? "<unset>" : flag ? "True" : "False";

/** Pods of a cron job stand one template deeper than elsewhere. */
function jobTemplateColumns(): PrintColumn<CronJob>[] {
  const columns = templateColumns<Job>(({ spec }) =>
    selectorText(selectorOfLabelSelector(spec?.selector)),
  );
  return columns.map((column) => ({
    ...column,
    cell: ({ spec }, now) => column.cell({ spec: spec?.jobTemplate?.spec ?? {} }, now),
  }));
}

function setDefaults(job: CronJob): void {
  job.spec ??= {};
  const { spec } = job;
  spec.concurrencyPolicy ||= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  spec.jobTemplate ??= {};
  spec.jobTemplate.spec ??= {};
  defaultJobTemplate(spec.jobTemplate.spec);
}

function warnings(job: CronJob, old: CronJob | undefined): string[] {
  const { metadata, spec = {} } = job;
  const template = spec.jobTemplate?.spec ?? {};
  const path = "spec.jobTemplate.spec";
  const zone =
    "CRON_TZ or TZ used in spec.schedule is not officially supported, see " +
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";
  const isZoned = spec.schedule?.includes("TZ") === true;
  if (old === undefined) {
    return [
      ...podNameWarnings(metadata?.name ?? ""),
      ...jobSpecWarnings(template, undefined, path),
    ];
  }
  const isSame = metadata?.generation === old.metadata?.generation;
  return [
    ...(isSame ? [] : jobSpecWarnings(template, old.spec?.jobTemplate?.spec, path)),
    ...(isZoned ? [zone] : []),
  ];
}
