import { expect, test } from "vitest";
import { goldenScenarios } from "#libs/testing/golden.ts";
import {
  matchesSelector,
  parseFieldSelector,
  parseLabelSelector,
  selectorOfLabels,
  selectorOfLabelSelector,
  selectorText,
} from "./selectors.ts";

const matching: [text: string, labels: Record<string, string>, selected: boolean][] = [
  ["", { x: "1" }, true],
  ["x=1", { x: "1" }, true],
  ["x==1", { x: "2" }, false],
  ["x!=1", {}, true],
  ["x!=1", { x: "1" }, false],
  ["z=", { z: "" }, true],
  ["z=", {}, false],
  ["x=1,y=2", { x: "1", y: "2" }, true],
  ["x=1,y=2", { x: "1" }, false],
  ["x in (1,2)", { x: "2" }, true],
  ["x in (1,2)", {}, false],
  ["x notin (1,2)", {}, true],
  ["x notin (1,2)", { x: "1" }, false],
  ["x in ()", { x: "" }, true],
  ["x in (a,)", { x: "" }, true],
  ["x", { x: "" }, true],
  ["x", {}, false],
  ["!x", {}, true],
  ["! x", { x: "1" }, false],
  ["constructor", {}, false],
  ["x>1", { x: "10" }, true],
  ["x<1", { x: "-3" }, true],
  ["x>1", { x: "a" }, false],
  ["x>1", {}, false],
  ["in in (notin)", { in: "notin" }, true],
  ["a.b/c=d", { "a.b/c": "d" }, true],
];

test.each(matching)("%j selects %j: %j", (text, labels, selected) => {
  expect(matchesSelector(parseLabelSelector(text), labels)).toBe(selected);
});

const texts: [text: string, normal: string][] = [
  ["b=1, a in (z,y,y)", "a in (y,z),b=1"],
  ["!x,y", "!x,y"],
  ["x>1,y<2", "x>1,y<2"],
  ["x==1,y!=2", "x==1,y!=2"],
  ["x notin (,)", "x notin ()"],
];

test.each(texts)("%j is written %j", (text, normal) => {
  expect(selectorText(parseLabelSelector(text))).toBe(normal);
});

const refused: [text: string, message: string][] = [
  ["x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"],
  ["x in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"],
  ["x in (a,", "unable to parse requirement: found '', expected: ',', or identifier"],
  ["!x=1", "found '=', expected: ',' or 'end of string'"],
  [
    "x>99999999999999999999",
    "unable to parse requirement: values[0]: Invalid value: " +
      "\"99999999999999999999\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
];

test.each(refused)("%j is refused", (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(message);
});

const recorded = goldenScenarios("machinery.jsonl", "selector/label-invalid").flatMap(({ steps }) =>
  steps.map(({ req, res }) => {
    const text = new URL(req.path, "http://x").searchParams.get("labelSelector") ?? "";
    return { text, message: (res.body as { message: string }).message };
  }),
);

test.runIf(recorded.length > 0)("Kubernetes' own refusals", () => {
  for (const { text, message } of recorded) {
    expect(() => parseLabelSelector(text), text).toThrow(
      expect.objectContaining({ code: 400, message }),
    );
  }
});

test("a LabelSelector joins labels and expressions", () => {
  const selector = selectorOfLabelSelector({
    matchLabels: { b: "1" },
    matchExpressions: [
      { key: "a", operator: "In", values: ["y", "x"] },
      { key: "c", operator: "DoesNotExist" },
    ],
  });
  expect(selectorText(selector)).toBe("a in (x,y),b=1,!c");
  expect(matchesSelector(selector, { a: "x", b: "1" })).toBe(true);
});

test("an absent LabelSelector selects nothing, an empty one everything", () => {
  expect(matchesSelector(selectorOfLabelSelector(undefined), { a: "x" })).toBe(false);
  expect(matchesSelector(selectorOfLabelSelector({}), {})).toBe(true);
  expect(matchesSelector(selectorOfLabels({ a: "x" }), { a: "x", b: "y" })).toBe(true);
});

test.each([
  [{ key: "a", operator: "Near" }, '"Near" is not a valid label selector operator'],
  [{ key: "a", operator: "In" }, "for 'in', 'notin' operators, values set can't be empty"],
  [{ key: "a", operator: "Exists", values: ["x"] }, "values set must be empty for exists"],
  [{ key: "-", operator: "Exists" }, "name part must consist of"],
])("the expression %j is refused", (expression, message) => {
  expect(() => selectorOfLabelSelector({ matchExpressions: [expression] })).toThrow(message);
});

test("a field selector's terms", () => {
  expect(parseFieldSelector("metadata.name!=a,a=x\\,y,,b==c\\=d")).toEqual([
    { field: "a", operator: "=", value: "x,y" },
    { field: "b", operator: "=", value: "c=d" },
    { field: "metadata.name", operator: "!=", value: "a" },
  ]);
});

test.each([
  ["a", "invalid selector: 'a'; can't understand 'a'"],
  ["a=b=c", "invalid field selector: unescaped character in value: 61"],
  ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
])("the field selector %j is refused", (text, message) => {
  expect(() => parseFieldSelector(text)).toThrow(message);
});
