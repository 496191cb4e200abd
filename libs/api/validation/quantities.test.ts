import { describe, expect, test } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  isMultipleOf,
  isNegativeQuantity,
  isWholeQuantity,
} from "./quantities.ts";

describe("canonical form", () => {
  test.each([
    ["0", "0"],
    ["1.5", "1500m"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1000", "1k"],
    ["1024Mi", "1Gi"],
    ["3Mi", "3Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5", "500m"],
    ["-1", "-1"],
    ["-5Mi", "-5Mi"],
    ["1e3", "1e3"],
    ["1500000", "1500k"],
    ["512", "512"],
    ["0.5Ki", "512"],
    ["1Ki", "1Ki"],
    [".5", "500m"],
    ["+2", "2"],
  ])("%s is printed %s", (text, expected) => {
    expect(canonicalQuantity(text)).toBe(expected);
  });
});

describe("comparison", () => {
  test.each([
    ["1", "1000m", 0],
    ["1Ki", "1k", 1],
    ["100m", "0.2", -1],
    ["1e3", "1k", 0],
    ["-1", "0", -1],
    ["1n", "0", 1],
  ])("%s and %s: %i", (one, other, expected) => {
    expect(compareQuantities(one, other)).toBe(expected);
  });

  test.each([
    ["-1m", true],
    ["0", false],
    ["1", false],
  ])("%s is negative: %s", (text, expected) => {
    expect(isNegativeQuantity(text)).toBe(expected);
  });

  test.each([
    ["1", true],
    ["1.5", false],
    ["1500m", false],
    ["2000m", true],
    ["1Gi", true],
  ])("%s is whole: %s", (text, expected) => {
    expect(isWholeQuantity(text)).toBe(expected);
  });

  test.each([
    ["4Mi", "2Mi", true],
    ["3Mi", "2Mi", false],
    ["0", "2Mi", true],
    ["-2Mi", "2Mi", false],
  ])("%s is a multiple of %s: %s", (text, size, expected) => {
    expect(isMultipleOf(text, size)).toBe(expected);
  });
});

test.each([
  ["100m", "900m", "1"],
  ["1Gi", "512Mi", "1536Mi"],
  ["1", "1Ki", "1025"],
])("%s and %s make %s", (one, other, expected) => {
  expect(addQuantities(one, other)).toBe(expected);
});
