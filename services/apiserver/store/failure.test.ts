/** What clients see of a refusal by the store. */
import { expect, test } from "vitest";
import type { CommitFailure } from "#proto/gen/kubus/store/v1.ts";
import { commitError } from "./failure.ts";

const resource = { group: "", name: "configmaps" };

test.each<[CommitFailure, number, string | undefined, RegExp]>([
  ["COMMIT_FAILURE_EXISTS", 409, "AlreadyExists", /^configmaps "a" already exists$/],
  ["COMMIT_FAILURE_NOT_FOUND", 404, "NotFound", /^configmaps "a" not found$/],
  ["COMMIT_FAILURE_REVISION_MISMATCH", 409, "Conflict", /the object has been modified/],
  ["COMMIT_FAILURE_OVERLOADED", 429, "TooManyRequests", /^the store is busy/],
  ["COMMIT_FAILURE_TOO_LARGE", 500, undefined, /^etcdserver: request is too large$/],
  ["COMMIT_FAILURE_FULL", 500, undefined, /^the store's disk is full: why$/],
  ["COMMIT_FAILURE_UNAVAILABLE", 503, "ServiceUnavailable", /^why$/],
  ["COMMIT_FAILURE_INVALID", 500, "InternalError", /why$/],
])("%s is a %s", (failure, code, reason, message) => {
  const status = commitError({ failure, message: "why" }, resource, "a")?.status;
  expect([status?.code, status?.reason]).toEqual([code, reason]);
  expect(status?.message).toMatch(message);
});

test("who finds the store busy is told when to come again", () => {
  const busy = commitError({ failure: "COMMIT_FAILURE_OVERLOADED", message: "" }, resource, "a");
  expect(busy?.status.details?.retryAfterSeconds).toBe(1);
});

test("a commit that succeeded is no error", () => {
  const failure = "COMMIT_FAILURE_UNSPECIFIED";
  expect(commitError({ failure, message: "" }, resource, "a")).toBeUndefined();
});
