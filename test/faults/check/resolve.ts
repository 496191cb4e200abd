/**
 * What became of writes without an answer, as the log tells it. A write that is in the log has
 * happened, with that revision; one that a complete log does not hold has not, and says nothing.
 */
import type { Logged } from "../history/observation.ts";
import { isWrite, type Operation, type Step } from "../history/operation.ts";

/** @param logged every write of the time of the history, in order */
export function resolveUnknown(
  operations: readonly Operation[],
  logged: readonly Logged[],
): Operation[] {
  const byValue = new Map(
    logged.filter(({ value }) => value !== "").map((one) => [one.value, one]),
  );
  const claimed = claimedDeletions(operations);
  const deletions = new Map<string, Logged[]>();
  for (const one of logged) {
    if (one.type !== "deleted" || claimed.has(one.revision)) continue;
    deletions.set(one.key, [...(deletions.get(one.key) ?? []), one]);
  }
  return operations.flatMap((operation) => {
    const { call, outcome } = operation;
    if (outcome.type === "nothing") return [];
    if (outcome.type !== "unknown") return [operation];
    if (call.type !== "commit") return [];
    const revision = revisionOf(call.steps, byValue, deletions);
    if (revision === undefined) return [];
    const returnedAt = Number.POSITIVE_INFINITY;
    return [{ ...operation, returnedAt, outcome: { type: "committed", revision } }];
  });
}

/** Revisions of the deletions that were acknowledged. */
function claimedDeletions(operations: readonly Operation[]): Set<number> {
  const claimed = new Set<number>();
  for (const { call, outcome } of operations) {
    if (call.type !== "commit" || outcome.type !== "committed") continue;
    const writes = call.steps.filter(isWrite);
    for (const [index, { verb }] of writes.entries()) {
      if (verb === "delete") claimed.add(outcome.revision - writes.length + 1 + index);
    }
  }
  return claimed;
}

/** Revision of the last write of a commit that is in the log; undefined when it is not. */
function revisionOf(
  steps: readonly Step[],
  byValue: ReadonlyMap<string, Logged>,
  deletions: ReadonlyMap<string, Logged[]>,
): number | undefined {
  const writes = steps.filter(isWrite);
  const at = writes.findIndex(({ verb }) => verb !== "delete");
  const valued = at < 0 ? undefined : byValue.get(writes[at]?.value ?? "");
  if (at >= 0) return valued && valued.revision + writes.length - 1 - at;
  // A deletion has nothing of its own: the first that nobody claims is as good as any.
  const [first] = writes;
  if (!first || writes.length > 1) return undefined;
  return deletions.get(first.key)?.shift()?.revision;
}
