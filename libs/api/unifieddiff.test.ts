import { expect, test } from "vitest";
import { unifiedDiff } from "./unifieddiff.ts";

const lines = (...words: readonly string[]) => words.join("\n");
const letters = "abcdefghijklmnopqrstuvwxyz".split("");

test("equal texts differ in nothing", () => {
  expect(unifiedDiff(lines("a", "b"), lines("a", "b"))).toBe("");
});

test("a change keeps three lines around it", () => {
  const changed = letters.map((letter) => (letter === "m" ? "M" : letter));
  expect(unifiedDiff(lines(...letters), lines(...changed))).toBe(
    "@@ -10,7 +10,7 @@\n j\n k\n l\n-m\n+M\n n\n o\n p\n",
  );
});

test("changes close to each other share a hunk, distant ones do not", () => {
  const near = letters.map((letter) => ("fl".includes(letter) ? letter.toUpperCase() : letter));
  const far = letters.map((letter) => ("cx".includes(letter) ? letter.toUpperCase() : letter));
  expect(unifiedDiff(lines(...letters), lines(...near)).match(/@@ -/g)).toHaveLength(1);
  expect(unifiedDiff(lines(...letters), lines(...far)).match(/@@ -/g)).toHaveLength(2);
});

test("changes at the ends have what is there around them", () => {
  expect(unifiedDiff(lines("a", "b", "c"), lines("x", "b", "c"))).toBe(
    "@@ -1,3 +1,3 @@\n-a\n+x\n b\n c\n",
  );
  expect(unifiedDiff(lines("a", "b"), lines("a", "b", "c"))).toBe("@@ -1,2 +1,3 @@\n a\n b\n+c\n");
});

test("a single line has no length", () => {
  expect(unifiedDiff("a", "b")).toBe("@@ -1 +1 @@\n-a\n+b\n");
});
