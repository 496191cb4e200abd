/** What is filled into jobs (Kubernetes: pkg/apis/batch/v1/defaults.go). */
import type { Job, JobSpec, PodFailurePolicy } from "#proto/gen/k8s/batch/v1.ts";
import { defaultPodSpec } from "../../../podtemplate/defaults.ts";
import { int32Max } from "../../../validation/names.ts";

export function setDefaults(job: Job): void {
  job.spec ??= {};
  const { spec } = job;
  defaultJobTemplate(spec);
  takeLabels(job);
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  // Whoever counts failures per index means that the whole is not limited.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : int32Max;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
}

/** What is filled into a job and the template of one alike. */
export function defaultJobTemplate(spec: JobSpec): void {
  // Decoding leaves null where Go has no pointer.
  if (!spec.selector) delete spec.selector;
  spec.template ??= {};
  spec.template.spec ??= {};
  defaultPodSpec(spec.template.spec);
  defaultFailurePolicy(spec.podFailurePolicy);
}

function defaultFailurePolicy(policy: PodFailurePolicy | undefined): void {
  for (const { onPodConditions } of policy?.rules ?? []) {
    for (const pattern of onPodConditions ?? []) pattern.status ||= "True";
  }
}

/**
 * A job without labels has those of its pods: the same value, not a copy, so that labels which the
 * pods get later are its own, too.
 */
export function takeLabels({ metadata, spec }: Job): void {
  const labels = spec?.template?.metadata?.labels;
  if (metadata === undefined || labels === undefined) return;
  if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
}
