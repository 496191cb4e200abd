import { expect, test } from "vitest";
import {
  isMultipleOf,
  isNegativeQuantity,
  isPositiveQuantity,
  isWholeQuantity,
  isZeroQuantity,
} from "./quantities.ts";

test.each([
  ["-1m", true, false, false],
  ["0", false, true, false],
  ["0Ki", false, true, false],
  ["1n", false, false, true],
])("%s is negative %s, zero %s, positive %s", (text, negative, zero, positive) => {
  expect(isNegativeQuantity(text)).toBe(negative);
  expect(isZeroQuantity(text)).toBe(zero);
  expect(isPositiveQuantity(text)).toBe(positive);
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
  ["1", "huge", false],
])("%s is a multiple of %s: %s", (text, size, expected) => {
  expect(isMultipleOf(text, size)).toBe(expected);
});
