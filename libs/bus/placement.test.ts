import { expect, test } from "vitest";
import { startInTurn } from "./placement.ts";

test.each<[number, string[]]>([
  [1, ["start 1"]],
  [3, ["start 1", "start 2", "known 1,2", "start 3"]],
  [5, ["start 1", "start 2", "start 3", "known 1,2,3", "start 4", "known 1,2,3,4", "start 5"]],
])("%i servers start in turn", async (count, expected) => {
  const happened: string[] = [];
  const starts = Array.from({ length: count }, (_, index) => () => {
    happened.push(`start ${index + 1}`);
    return Promise.resolve(index + 1);
  });
  const untilKnown = (started: readonly number[]) => {
    happened.push(`known ${started.join(",")}`);
    return Promise.resolve();
  };
  const started = await startInTurn(starts, untilKnown);
  expect(happened).toEqual(expected);
  expect(started).toHaveLength(count);
});

test("one that does not start ends the turn", async () => {
  const starts = [
    () => Promise.resolve(1),
    () => Promise.reject(new Error("no port")),
    () => Promise.reject(new Error("never asked")),
  ];
  await expect(startInTurn(starts, () => Promise.resolve())).rejects.toThrow("no port");
});
