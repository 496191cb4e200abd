import { describe, expect, test } from "vitest";
import { concerns, lineText, parseLine } from "./logfile.ts";

const text = JSON.stringify({
  level: 40,
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  pid: 1,
  hostname: "box",
  component: "kubelet",
  instance: "kubus-node-1",
  pod: "default/web",
  why: "it is slow",
  msg: "waiting",
});

describe("a line of the log", () => {
  test("reads well", () => {
    const line = parseLine(text);
    expect(line && lineText(line)).toBe(
      "2026-01-02T03:04:05.678Z WARN  kubelet/kubus-node-1 waiting " +
        'pod=default/web why="it is slow"',
    );
  });

  test.each<[string | undefined, boolean]>([
    [undefined, true],
    ["kubelet", true],
    ["kubelet/kubus-node-1", true],
    ["kubelet/kubus-node-11", false],
    ["scheduler", false],
  ])("for %s is wanted: %s", (actor, expected) => {
    const line = parseLine(text);
    expect(line && concerns(line, actor)).toBe(expected);
  });

  test.each(["Error: a trace", "{broken", ""])("%j is no line of a component", (other) => {
    expect(parseLine(other)).toBeUndefined();
  });
});
