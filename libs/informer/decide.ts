/** Whether a broadcast change follows on what an informer has: pure. */
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";

export type Verdict =
  /** Next in line: apply it. */
  | "apply"
  /** Already seen. */
  | "skip"
  /** Something is missing in between, or of the change itself. */
  | "gap";

/**
 * Judges one change against the last revision that was applied. A subscriber of one partition
 * follows the partition's chain, everybody else the resource's. A value that the broadcast left
 * out, as it does of secrets, has to be asked for.
 */
export function judge(applied: number, change: ObjectChanged, partitioned: boolean): Verdict {
  if (change.revision <= applied) return "skip";
  const previous = partitioned ? change.previousPartitionRevision : change.previousResourceRevision;
  const isWhole =
    change.type === "CHANGE_TYPE_DELETED" || !(change.withheld || change.metadataOnly);
  return isWhole && previous <= applied ? "apply" : "gap";
}
