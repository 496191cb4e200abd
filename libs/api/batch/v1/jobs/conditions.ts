/** Conditions of jobs. */
import type { Job } from "#proto/gen/k8s/batch/v1.ts";

export type JobConditionType =
  | "Complete"
  | "Failed"
  | "FailureTarget"
  | "SuccessCriteriaMet"
  | "Suspended";

export function isTrue({ status }: Job, type: string): boolean {
  return (status?.conditions ?? []).some((one) => one.type === type && one.status === "True");
}

/** It has ended, in one way or the other. */
export const isFinished = (job: Job): boolean => isTrue(job, "Complete") || isTrue(job, "Failed");
