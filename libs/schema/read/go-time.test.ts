import { describe, expect, it } from "vitest";
import { durationText } from "../codec/times.ts";
import { goDurationNanos, microTimeProblem, timeProblem } from "./go-time.ts";

/** What Go's time.ParseDuration and Duration.String answer. */
describe("durations", () => {
  it.each([
    ["5", 'time: missing unit in duration "5"'],
    ["5s", "5s"],
    ["1.5h", "1h30m0s"],
    ["-5m", "-5m0s"],
    ["+5s", "5s"],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["s", 'time: invalid duration "s"'],
    ["", 'time: invalid duration ""'],
    ["-", 'time: invalid duration "-"'],
    ["1h 2m", 'time: unknown unit "h " in duration "1h 2m"'],
    ["300h", "300h0m0s"],
    ["1e3s", 'time: unknown unit "e" in duration "1e3s"'],
    [".5s", "500ms"],
    ["1.s", "1s"],
    [".s", 'time: invalid duration ".s"'],
    ["9999999h", 'time: invalid duration "9999999h"'],
    ["1ms2us", "1.002ms"],
    ["0", "0s"],
    ["-0", "0s"],
    ["1µs", "1µs"],
    ["1h2m3.5s", "1h2m3.5s"],
    ["100ns", "100ns"],
    ["0.5ns", "0s"],
    ["1m0.000000001s", "1m0.000000001s"],
  ])("%s", (text, wanted) => {
    const nanos = goDurationNanos(text);
    expect(typeof nanos === "number" ? durationText(nanos) : nanos).toBe(wanted);
  });
});

describe("times", () => {
  it.each(["2026-01-02T03:04:05Z", "2024-02-29T23:59:59.123+23:59", "0001-01-01T00:00:00Z"])(
    "%s is one",
    (text) => expect(timeProblem(text)).toBeUndefined(),
  );
  it("to the microsecond have six digits", () => {
    expect(microTimeProblem("2026-01-02T03:04:05.000001Z")).toBeUndefined();
    expect(microTimeProblem("2026-01-02T03:04:05.0000001Z")).toContain('cannot parse "1Z"');
  });
});
