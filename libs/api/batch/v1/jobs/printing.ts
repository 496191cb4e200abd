/** The row of a job in `kubectl get jobs` (Kubernetes: pkg/printers printJob). */
import type { Job } from "#proto/gen/k8s/batch/v1.ts";
import { templateColumns } from "../../../podtemplate/replicas.ts";
import { ageColumn, humanDuration, nameColumn } from "../../../printing.ts";
import type { PrintColumn } from "../../../resource.ts";
import { selectorOfLabelSelector, selectorText } from "../../../selectors.ts";
import { isTrue } from "./conditions.ts";

export const jobColumns: readonly PrintColumn<Job>[] = [
  nameColumn,
  {
    name: "Status",
    type: "string",
    description: "How far the job is, in one word.",
    cell: statusText,
  },
  {
    name: "Completions",
    type: "string",
    description: "How many pods have succeeded, of how many wanted.",
    cell: completionsText,
  },
  {
    name: "Duration",
    type: "string",
    description: "Time since the job began, until it ended.",
    cell: durationText,
  },
  ageColumn,
  ...templateColumns<Job>(({ spec }) => selectorText(selectorOfLabelSelector(spec?.selector))),
];

function statusText(job: Job): string {
  if (isTrue(job, "Complete")) return "Complete";
  if (isTrue(job, "Failed")) return "Failed";
  if (job.metadata?.deletionTimestamp !== undefined) return "Terminating";
  const word = ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find((type) =>
    isTrue(job, type),
  );
  return word ?? "Running";
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, now: number): string {
  const { startTime, completionTime } = status ?? {};
  if (!startTime) return "";
  const end = completionTime ? Date.parse(completionTime) : now;
  return humanDuration(end - Date.parse(startTime));
}
