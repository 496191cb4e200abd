import { describe, expect, it } from "vitest";
import { ageText, humanDuration, labelsText, moreText } from "./printing.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

describe("humanDuration", () => {
  it.each([
    [-2 * second, "<invalid>"],
    [-1 * second, "0s"],
    [0, "0s"],
    [1_999, "1s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [2 * minute + second, "2m1s"],
    [10 * minute + 59 * second, "10m"],
    [179 * minute, "179m"],
    [3 * hour, "3h"],
    [7 * hour + 59 * minute, "7h59m"],
    [8 * hour + 59 * minute, "8h"],
    [47 * hour, "47h"],
    [2 * day, "2d"],
    [7 * day + 5 * hour, "7d5h"],
    [8 * day + 5 * hour, "8d"],
    [2 * year - day, "729d"],
    [2 * year, "2y"],
    [3 * year + 4 * day, "3y4d"],
    [8 * year + 4 * day, "8y"],
  ])("%i ms is %s", (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });
});

describe("ageText", () => {
  it("is unknown without a timestamp", () => {
    expect(ageText(undefined, 0)).toBe("<unknown>");
    expect(ageText(null, 0)).toBe("<unknown>");
  });

  it("counts from the timestamp", () => {
    expect(ageText("1970-01-01T00:00:10Z", 15_000)).toBe("5s");
  });
});

describe("moreText", () => {
  it("names the first and counts the rest", () => {
    expect(moreText(["a", "b", "c"], 5)).toBe("a,b,c + 2 more...");
    expect(moreText(["a"], 1)).toBe("a");
    expect(moreText([], 0)).toBe("");
  });
});

describe("labelsText", () => {
  it("sorts pairs", () => {
    expect(labelsText({ b: "2", a: "1" })).toBe("a=1,b=2");
    expect(labelsText({})).toBe("<none>");
    expect(labelsText(undefined)).toBe("<none>");
  });
});
