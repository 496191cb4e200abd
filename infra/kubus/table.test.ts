import { expect, test } from "vitest";
import { ageText, tableText } from "./table.ts";

test("columns are two spaces apart and end where their text does", async () => {
  const rows = [
    ["scheduler", "0", "ready"],
    ["kubelet", "kubus-node-1", ""],
  ];
  expect(await tableText(["NAME", "INSTANCE", "STATE"], rows)).toBe(
    [
      "NAME       INSTANCE      STATE",
      "scheduler  0             ready",
      "kubelet    kubus-node-1",
      "",
    ].join("\n"),
  );
});

test.each([
  [-5, "0s"],
  [999, "0s"],
  [119_000, "119s"],
  [120_000, "2m"],
  [7_199_000, "119m"],
  [7_200_000, "2h"],
  [200_000_000, "2d"],
])("%i ms are %s", (milliseconds, text) => {
  expect(ageText(milliseconds)).toBe(text);
});
