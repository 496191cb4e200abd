/** How rounds become rows, and rows a table. */
import { expect, test } from "vitest";
import { figureOf, markdownOf, rowsOf, tableOf } from "./report.ts";

test.each([
  [[3, 1, 2], { value: 2, least: 1, most: 3 }],
  [[4, 1], { value: 2.5, least: 1, most: 4 }],
  [[7], { value: 7, least: 7, most: 7 }],
])("the figure of %j", (values, figure) => {
  expect(figureOf(values)).toEqual(figure);
});

const rows = rowsOf(
  "put",
  [
    { "/s": 1_000, "p99 ms": 4, count: 9 },
    { "/s": 3_000, "p99 ms": 8, count: 9 },
  ],
  [{ "/s": 500, "p99 ms": 3, count: 1 }],
);

test("more a second is better, more milliseconds are worse", () => {
  expect(rows.map(({ name, unit, timesBetter }) => [name, unit, timesBetter])).toEqual([
    ["put", "/s", 4],
    ["put: p99", "ms", 0.5],
  ]);
});

test("the tables say the noise where there were several rounds", () => {
  expect(markdownOf(rows, ["Kubus", "etcd"])).toBe(
    `|  | unit | Kubus | etcd | times better |
| --- | --- | --: | --: | --: |
| put | /s | 2,000 (1,000–3,000) | 500 | 4 |
| put: p99 | ms | 6 (4–8) | 3 | 0.5 |
`,
  );
  expect(tableOf(rowsOf("put", [{ "/s": 5 }], undefined), ["Kubus"])).toBe(
    `     unit  Kubus
put  /s    5
`,
  );
});
