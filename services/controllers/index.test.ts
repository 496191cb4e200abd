import { expect, test } from "vitest";
import { components, isEnabled } from "./index.ts";

test.each<[readonly string[] | undefined, boolean]>([
  [undefined, true],
  [["*"], true],
  [["a"], true],
  [["b"], false],
  [["*", "-a"], false],
  [["-a", "*"], true],
  [["a", "-a"], false],
  [[], false],
])("with --controllers %j a runs: %s", (wishes, expected) => {
  expect(isEnabled("a", wishes)).toBe(expected);
});

test("every controller has a name of its own", () => {
  const names = components.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
