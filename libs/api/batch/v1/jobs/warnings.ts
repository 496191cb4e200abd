/** What a client is warned of in jobs (Kubernetes: pkg/api/job/warnings.go). */
import type { JobSpec } from "#proto/gen/k8s/batch/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { podWarnings } from "../../../podtemplate/warnings.ts";

const completionsMany = 100_000;
const parallelismMany = 10_000;

export function jobSpecWarnings(spec: JobSpec, old: JobSpec | undefined, path: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template = {} } = spec;
  const isHuge = completions > completionsMany && parallelism > parallelismMany;
  const untracked =
    `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism ` +
    "higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number " +
    "of indexes fail";
  const isSame = old !== undefined && semanticEqual(template, old.template);
  return [
    ...(completionMode === "Indexed" && isHuge ? [untracked] : []),
    ...(isSame ? [] : podWarnings(template, `${path}.template`)),
  ];
}
