import { describe, expect, test } from "vitest";
import type { ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import { judge } from "./decide.ts";

const change = (
  revision: number,
  previousResourceRevision: number,
  previousPartitionRevision = 0,
): ObjectChanged =>
  ({ revision, previousResourceRevision, previousPartitionRevision }) as ObjectChanged;

const deleted = { type: "CHANGE_TYPE_DELETED" } as const;

describe("whether a change follows", () => {
  test.each([
    ["next in line", 7, change(8, 7), false, "apply"],
    ["next after revisions of other resources", 7, change(20, 5), false, "apply"],
    ["seen", 7, change(7, 6), false, "skip"],
    ["older", 7, change(3, 2), false, "skip"],
    ["one in between is missing", 7, change(9, 8), false, "gap"],
    ["first ever", 0, change(1, 0), false, "apply"],
    ["a partition's chain, with others' changes between", 7, change(12, 11, 6), true, "apply"],
    ["a partition's chain with a hole", 7, change(12, 11, 9), true, "gap"],
    ["a secret, without its value", 7, { ...change(8, 7), withheld: true }, false, "gap"],
    ["only the metadata", 7, { ...change(8, 7), metadataOnly: true }, false, "gap"],
    ["a secret that is gone", 7, { ...change(8, 7), withheld: true, ...deleted }, false, "apply"],
  ])("%s", (_, applied, next, partitioned, verdict) => {
    expect(judge(applied, next, partitioned)).toBe(verdict);
  });
});
