import { describe, expect, test } from "vitest";
import type { RuntimeContainer } from "../runtime.ts";
import { crashBackoffMs, startBackoffMs } from "./backoff.ts";
import { exited, now, running, seconds } from "./example.ts";

/** So many crashes in a row, of which the runtime kept the last three. */
const crashes = (count: number): RuntimeContainer[] =>
  Array.from({ length: count }, (_, attempt) => exited("main", 1, attempt)).slice(-3);

describe("crashes", () => {
  test.each([
    [0, 0],
    [1, 0],
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 80],
    [6, 160],
    [7, 300],
    [50, 300],
  ])("after %i of them the next start waits %i s", (count, wanted) => {
    expect(crashBackoffMs(crashes(count))).toBe(seconds(wanted));
  });

  test("running well for long is forgiven", () => {
    const before = { ...exited("main", 1, 8), startedAt: now - seconds(700) };
    expect(crashBackoffMs([exited("main", 1, 7, 800), before])).toBe(0);
  });

  test("what runs does not count", () => {
    expect(crashBackoffMs([exited("main", 1, 0), running("main", 1)])).toBe(0);
  });
});

describe("starts that fail", () => {
  const failure = { message: "", at: now, attempt: 0 };

  test.each([
    ["ErrImagePull", 1, 10],
    ["ErrImagePull", 2, 20],
    ["ErrImagePull", 5, 160],
    ["ErrImagePull", 99, 300],
    ["ErrImageNeverPull", 5, 10],
    ["CreateContainerConfigError", 99, 10],
  ])("%s, time %i: %i s", (reason, count, wanted) => {
    expect(startBackoffMs({ ...failure, reason, count })).toBe(seconds(wanted));
  });
});
