import { describe, expect, it } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  quantityLengthMax,
  quantityMilliValue,
  quantityValue,
} from "./quantity.ts";

describe("canonical text", () => {
  it.each([
    ["0", "0"],
    ["00", "0"],
    ["-0", "0"],
    ["0.0", "0"],
    [".", "0"],
    ["5", "5"],
    ["100m", "100m"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["0.5", "500m"],
    [".5", "500m"],
    ["1.5", "1500m"],
    ["1.500", "1.500"],
    ["+5", "+5"],
    ["-1.5", "-1500m"],
    ["1000", "1k"],
    ["1234000", "1234k"],
    ["12345", "12345"],
    ["1024", "1024"],
    ["1Ki", "1Ki"],
    ["1024Ki", "1Mi"],
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.5Gi", "512Mi"],
    ["0.1Ki", "102400m"],
    ["8Mi", "8Mi"],
    ["100Ei", "9223372036854775807"],
    ["1e3", "1e3"],
    ["12e2", "1200"],
    ["1e6", "1e6"],
    ["1000e3", "1e6"],
    ["1E", "1E"],
    ["1E3", "1E3"],
    ["1e-3", "1e-3"],
    ["1n", "1n"],
    ["0.1n", "1n"],
    ["0.0001m", "100n"],
    ["1.0000000001", "1000000001n"],
    ["9223372036854775807", "9223372036854775807"],
    ["100000000000000000000", "100E"],
  ])("%s is written %s", (text, wanted) => expect(canonicalQuantity(text)).toBe(wanted));

  it.each(["0.1Ki", "1.5Gi", "1.500", "12e2", "100Ei", "0.1n", "1e-3", "1000e3"])(
    "%s keeps its text once canonical",
    (text) => {
      const once = canonicalQuantity(text);
      expect(canonicalQuantity(once)).toBe(once);
    },
  );
});

describe("refusals", () => {
  const expression =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  it.each([
    ["", expression],
    ["abc", expression],
    ["1 Gi", expression],
    ["1.2.3", expression],
    ["1Gi ", expression],
    ["1".repeat(quantityLengthMax + 1), expression],
    ["1mi", "unable to parse quantity's suffix"],
    ["1KiB", expression],
    ["1K", "unable to parse quantity's suffix"],
    ["1e", "unable to parse quantity's suffix"],
    ["1e99999999999999999999", "unable to parse quantity's suffix"],
    ["5-3", "unable to parse quantity's suffix"],
  ])("%s", (text, message) => expect(() => parseQuantity(text)).toThrow(message));
});

describe("arithmetic", () => {
  it("is bounded for absurd exponents", () => {
    expect(compareQuantities("1e999999999", "1e10")).toBe(1);
    expect(compareQuantities("1e-999999999", "0")).toBe(1);
  });
  it.each([
    ["1", "1000m", 0],
    ["1Gi", "1G", 1],
    ["-1", "0", -1],
  ])("%s against %s is %s", (one, other, wanted) =>
    expect(compareQuantities(one, other)).toBe(wanted),
  );
  it.each([
    ["100m", "900m", "1"],
    ["1Gi", "512Mi", "1536Mi"],
    ["0", "1Gi", "1Gi"],
    ["1.5", "1Ki", "1025500m"],
  ])("%s + %s = %s, in either order", (one, other, sum) => {
    expect(addQuantities(one, other)).toBe(sum);
    expect(addQuantities(other, one)).toSatisfy(
      (text: string) => compareQuantities(text, sum) === 0,
    );
  });
  it("rounds up to whole units and thousandths", () => {
    expect(quantityValue("100m")).toBe(1);
    expect(quantityValue("1Gi")).toBe(2 ** 30);
    expect(quantityMilliValue("1")).toBe(1000);
    expect(quantityMilliValue("1u")).toBe(1);
    expect(quantityValue("-1500m")).toBe(-2);
  });
});

it.each(["1", "250m", "1500m", "7k", "2M", "3G", "10Ki", "128Mi", "999999999Gi"])(
  "%s is read at once as it is read letter by letter",
  (text) => {
    expect(parseQuantity(text)).toEqual(parseQuantity(`0${text}`));
  },
);
