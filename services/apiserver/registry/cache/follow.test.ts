import { describe, expect, it } from "vitest";
import { judgeChange, type ChangeHead, type Verdict } from "./follow.ts";

const change: ChangeHead = {
  type: "CHANGE_TYPE_UPDATED",
  revision: 10,
  previousResourceRevision: 7,
  withheld: false,
  metadataOnly: false,
};

const cases: readonly [
  applied: number,
  change: Partial<ChangeHead>,
  known: "known" | "",
  verdict: Verdict,
][] = [
  [7, {}, "", "apply"],
  [9, {}, "", "apply"],
  [10, {}, "", "stale"],
  [11, {}, "", "stale"],
  [6, {}, "", "gap"],
  [7, { withheld: true }, "", "valueMissing"],
  [7, { metadataOnly: true }, "", "valueMissing"],
  [7, { withheld: true }, "known", "apply"],
  [6, { withheld: true }, "known", "gap"],
  [7, { withheld: true, type: "CHANGE_TYPE_DELETED" }, "", "apply"],
];

describe("a change after revision", () => {
  it.each(cases)("%j with %j (%j): %s", (applied, fields, known, verdict) => {
    expect(judgeChange(applied, { ...change, ...fields }, known)).toBe(verdict);
  });
});
