import { describe, expect, test } from "vitest";
import { afterFailure } from "./restarts.ts";

describe("backoff after a failure", () => {
  test.each([
    // failures before, started, failed, failures after, wait
    [0, 0, 100, 1, 50],
    [1, 0, 100, 2, 100],
    [2, 0, 100, 3, 200],
    [7, 0, 100, 8, 5_000],
    [60, 0, 100, 61, 5_000],
    // A long life starts the row anew.
    [7, 0, 10_000, 1, 50],
  ])("%i failures before, life from %i to %i", (failures, startedAt, now, after, waitMs) => {
    expect(afterFailure({ failures, startedAt }, now)).toEqual({ failures: after, waitMs });
  });
});
