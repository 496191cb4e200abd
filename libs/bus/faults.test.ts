import { describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { Faults, matchesSubject } from "./faults.ts";

describe("patterns", () => {
  test.each([
    ["a.b", "a.b", true],
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "a", true],
    ["a.b.c", "a.b", false],
    ["*.b", "a.b", true],
  ])("%s and %s", (pattern, subject, matches) => {
    expect(matchesSubject(pattern, subject)).toBe(matches);
  });
});

describe("faults", () => {
  const worldOf = (draw: number, later: (() => void)[]) => ({
    ...realWorld,
    random: () => draw,
    after: (_: number, callback: () => void) => {
      later.push(callback);
      return () => undefined;
    },
  });

  test.each([
    [30, 0.29, 0],
    [30, 0.31, 1],
    [100, 0.99, 0],
    [0, 0, 1],
  ])("dropping %i %% at draw %d delivers %i", (dropPercent, draw, delivered) => {
    const faults = new Faults(worldOf(draw, []));
    faults.add({ subject: "a.*", dropPercent, delayMs: 0 });
    let count = 0;
    faults.pass("a.b", () => (count += 1));
    expect(count).toBe(delivered);
  });

  test("a delay holds back what matches, and only that", () => {
    const later: (() => void)[] = [];
    const faults = new Faults(worldOf(1, later));
    faults.add({ subject: "a", dropPercent: 0, delayMs: 50 });
    const seen: string[] = [];
    faults.pass("a", () => seen.push("a"));
    faults.pass("b", () => seen.push("b"));
    expect(seen).toEqual(["b"]);
    for (const deliver of later) deliver();
    expect(seen).toEqual(["b", "a"]);
  });

  test("cleared faults let everything pass", () => {
    const faults = new Faults(worldOf(0, []));
    faults.add({ subject: ">", dropPercent: 100, delayMs: 0 });
    faults.clear();
    let count = 0;
    faults.pass("a", () => (count += 1));
    expect(count).toBe(1);
  });
});
