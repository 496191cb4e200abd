/** What commits are answered with. */
import type {
  CommitFailure,
  CommitResponse,
  Record as StoredRecord,
} from "#proto/gen/kubus/store/v1.ts";
import type { Refused } from "../decide.ts";
import type { AppendOutcome } from "../log/stream.ts";

/** What an append comes to that is not stored, or may not be. */
export type Failed = Exclude<AppendOutcome, { type: "Appended" }>;

/** Refusals that come with the record that stands in the way. */
export const conflicts: ReadonlySet<CommitFailure> = new Set<CommitFailure>([
  "COMMIT_FAILURE_EXISTS",
  "COMMIT_FAILURE_REVISION_MISMATCH",
]);

export const done = (revision: number): CommitResponse => ({
  revision,
  failure: "COMMIT_FAILURE_UNSPECIFIED",
  failedIndex: 0,
  current: undefined as StoredRecord | undefined,
  message: "",
});

export const overloaded = (message: string): Refused =>
  refusal("COMMIT_FAILURE_OVERLOADED", message);

/** Of an append that is surely not stored. */
export const refusalOf = (outcome: Failed): Refused =>
  outcome.type === "Unavailable" && outcome.isFull
    ? refusal("COMMIT_FAILURE_FULL", outcome.message)
    : refusal("COMMIT_FAILURE_UNAVAILABLE", outcome.message);

const refusal = (failure: CommitFailure, message: string): Refused => ({
  type: "Refused",
  failure,
  failedIndex: 0,
  message,
});
