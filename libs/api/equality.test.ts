import { describe, expect, it } from "vitest";
import { semanticEqual, validateImmutable } from "./equality.ts";

describe("semanticEqual", () => {
  it.each([
    [undefined, null],
    [undefined, []],
    [null, {}],
    [{ a: undefined }, {}],
    [{ a: { b: [] } }, undefined],
    [
      { a: 1, b: [1, { c: 2 }] },
      { b: [1, { c: 2 }], a: 1 },
    ],
  ])("%j equals %j", (left, right) => {
    expect(semanticEqual(left, right)).toBe(true);
    expect(semanticEqual(right, left)).toBe(true);
  });

  it.each([
    [1, 2],
    ["", undefined],
    [0, undefined],
    [false, undefined],
    [[1], [1, 2]],
    [[1, 2], [2, 1]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [[], "x"],
    [{ 0: "a" }, ["a"]],
  ])("%j differs from %j", (left, right) => {
    expect(semanticEqual(left, right)).toBe(false);
    expect(semanticEqual(right, left)).toBe(false);
  });
});

describe("validateImmutable", () => {
  it("shows what the field was to become", () => {
    expect(validateImmutable("type", "a", "a")).toEqual([]);
    expect(validateImmutable("type", "b", "a")).toEqual([
      { type: "Invalid", field: "type", value: "b", detail: "field is immutable" },
    ]);
  });
});
