/** Jobs: pods that shall finish. */
import type { Job } from "#proto/gen/k8s/batch/v1.ts";
import { dropDisabledFields } from "../../podtemplate/disabled.ts";
import { podNameWarnings } from "../../podtemplate/warnings.ts";
import { defineResource } from "../../resource.ts";
import { everyVerb } from "../../verbs.ts";
import { setDefaults, takeLabels } from "./jobs/defaults.ts";
import { jobColumns } from "./jobs/printing.ts";
import { generateSelector } from "./jobs/selector.ts";
import { validateStatusUpdate } from "./jobs/status.ts";
import { validateJobUpdate } from "./jobs/update.ts";
import { validateJob } from "./jobs/validate.ts";
import { jobSpecWarnings } from "./jobs/warnings.ts";

export const jobs = defineResource<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  singular: "job",
  shortNames: [],
  categories: ["all"],
  scope: "Namespaced",
  verbs: everyVerb,
  message: "k8s.batch.v1.Job",
  storageVersionHash: "mudhfqk/qZY=",
  countsGeneration: true,
  createOnUpdate: false,
  unconditionalUpdate: true,
  confidential: false,
  ttlSeconds: 0,
  defaults: setDefaults,
  prepareForCreate: (job) => {
    if (job.spec?.manualSelector !== true) generateSelector(job);
    job.status = {};
    dropDisabledFields(job.spec?.template?.spec);
  },
  prepareForUpdate: (job, old) => {
    job.status = old.status ?? {};
    dropDisabledFields(job.spec?.template?.spec);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  checkedAsNew: true,
  // Kubernetes fills labels when it reads an object, so that those of the selector come in late.
  canonicalize: takeLabels,
  nameRule: "dnsSubdomain",
  warnings,
  subresources: [
    {
      type: "part",
      name: "status",
      merge: (job, old) => ({ ...job, spec: old.spec ?? {} }),
      validateUpdate: validateStatusUpdate,
      resetFields: ["spec"],
    },
  ],
  printColumns: jobColumns,
  fieldSelectors: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  defaultPropagation: "orphan",
  propagationWarning:
    "child pods are preserved by default when jobs are deleted; set " +
    "propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress " +
    "this warning",
  resetFields: ["status"],
});

function warnings(job: Job, old: Job | undefined): string[] {
  const { metadata, spec = {} } = job;
  if (old === undefined) {
    return [...podNameWarnings(metadata?.name ?? ""), ...jobSpecWarnings(spec, undefined, "spec")];
  }
  const isSame = metadata?.generation === old.metadata?.generation;
  return isSame ? [] : jobSpecWarnings(spec, old.spec, "spec");
}
