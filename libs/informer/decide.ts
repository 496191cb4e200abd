/** Whether a broadcast change follows on what an informer has: pure. */
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";

export type Verdict =
  /** Next in line: apply it. */
  | "apply"
  /** Already seen. */
  | "skip"
  /** Something in between is missing. */
  | "gap";

/**
 * Judges one change against the last revision that was applied. A subscriber of one partition
 * follows the partition's chain, everybody else the resource's.
 */
export function judge(applied: number, change: ObjectChanged, partitioned: boolean): Verdict {
  if (change.revision <= applied) return "skip";
  const previous = partitioned ? change.previousPartitionRevision : change.previousResourceRevision;
  return previous <= applied ? "apply" : "gap";
}
