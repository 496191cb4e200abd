/**
 * What became of writes without an answer, as the log tells it. A write that is in the log has
 * happened, with that revision; one that a complete log does not hold has not, and says nothing.
 */
import type { Logged } from "../history/observation.ts";
import { isWrite, type Operation, type Step } from "../history/operation.ts";
import type { KeyState } from "./keymodel.ts";

/** A deletion in the log, and the revision that the key was at before. */
interface Deletion {
  readonly revision: number;
  readonly before: number;
}

/**
 * @param logged every write of the time of the history, in order
 * @param initial what keys held before
 */
export function resolveUnknown(
  operations: readonly Operation[],
  logged: readonly Logged[],
  initial: ReadonlyMap<string, KeyState>,
): Operation[] {
  const byValue = new Map(
    logged.filter(({ value }) => value !== "").map((one) => [one.value, one]),
  );
  const deletions = unclaimedDeletions(operations, logged, initial);
  const untold = resolveUntold(operations, byValue, deletions);
  // Whoever was under way for longest gets the first that fits: that excludes the least.
  const byInvoke = operations.toSorted((a, b) => a.invokedAt - b.invokedAt);
  return byInvoke.flatMap((operation) => {
    const { call, outcome } = operation;
    if (outcome.type === "nothing") return [];
    if (outcome.type !== "unknown") return [untold.get(operation) ?? operation];
    if (call.type !== "commit") return [];
    const revision = revisionOf(call.steps, byValue, deletions);
    if (revision === undefined) return [];
    const returnedAt = Number.POSITIVE_INFINITY;
    return [{ ...operation, returnedAt, outcome: { type: "committed", revision } }];
  });
}

/**
 * Writes that were acknowledged without a word on their revision, with it. One that the log does
 * not hold stays as it is, and belongs nowhere.
 */
function resolveUntold(
  operations: readonly Operation[],
  byValue: ReadonlyMap<string, Logged>,
  deletions: ReadonlyMap<string, Deletion[]>,
): Map<Operation, Operation> {
  const resolved = new Map<Operation, Operation>();
  // Whoever had to be done first gets the first that fits.
  for (const operation of byReturn(operations)) {
    const { call, outcome } = operation;
    if (call.type !== "commit" || outcome.type !== "committed" || outcome.revision > 0) continue;
    const revision = revisionOf(call.steps, byValue, deletions);
    if (revision === undefined) continue;
    resolved.set(operation, { ...operation, outcome: { type: "committed", revision } });
  }
  return resolved;
}

/** Deletions that nobody was told to be theirs, by key. */
function unclaimedDeletions(
  operations: readonly Operation[],
  logged: readonly Logged[],
  initial: ReadonlyMap<string, KeyState>,
): Map<string, Deletion[]> {
  const claimed = claimedDeletions(operations);
  const deletions = new Map<string, Deletion[]>();
  const revisions = new Map([...initial].map(([key, { revision }]) => [key, revision]));
  for (const { type, key, revision } of logged) {
    if (type === "deleted" && !claimed.has(revision)) {
      const before = revisions.get(key) ?? 0;
      deletions.set(key, [...(deletions.get(key) ?? []), { revision, before }]);
    }
    revisions.set(key, revision);
  }
  return deletions;
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
  deletions: ReadonlyMap<string, Deletion[]>,
): number | undefined {
  const writes = steps.filter(isWrite);
  const at = writes.findIndex(({ verb }) => verb !== "delete");
  const valued = at < 0 ? undefined : byValue.get(writes[at]?.value ?? "");
  if (at >= 0) return valued && valued.revision + writes.length - 1 - at;
  // A deletion has nothing of its own: the first that fits and nobody claims is as good as any.
  const [first] = writes;
  if (!first || writes.length > 1) return undefined;
  const open = deletions.get(first.key) ?? [];
  const fits = ({ before }: Deletion) => first.expected === 0 || first.expected === before;
  const index = open.findIndex(fits);
  return index < 0 ? undefined : open.splice(index, 1)[0]?.revision;
}

/** Infinities are equal, and their difference is no number. */
const byReturn = (operations: readonly Operation[]): Operation[] =>
  operations
    .filter(({ returnedAt }) => Number.isFinite(returnedAt))
    .toSorted((a, b) => a.returnedAt - b.returnedAt);
