import { expect, it } from "vitest";
import { microTimeText, timeText } from "./time.ts";

const cases: readonly (readonly [number, string, string])[] = [
  [0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"],
  [1_700_000_000_999, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.999000Z"],
  [-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999000Z"],
];

it.each(cases)("%d ms since 1970", (milliseconds, text, microText) => {
  expect([timeText(milliseconds), microTimeText(milliseconds)]).toEqual([text, microText]);
});

it("what is no time has no text", () => {
  expect(() => timeText(Number.NaN)).toThrow(RangeError);
});
