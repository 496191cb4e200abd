import { expect, test } from "vitest";
import type { ValidationRule } from "#proto/gen/k8s/apiextensions/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { validateDefaults } from "./defaults.ts";
import { validateRules } from "./evaluate.ts";
import type { Schema } from "./tree.ts";
import { validateValue } from "./values.ts";

const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const ruled = (schema: Schema, rule: string, more: ValidationRule = {}): Schema => ({
  ...schema,
  "x-kubernetes-validations": [{ rule, ...more }],
});
const object = (properties: Record<string, Schema>): Schema => ({ type: "object", properties });
const grows = ruled(whole, "self > oldSelf", { message: "grows" });

interface Given {
  readonly value: unknown;
  readonly old?: unknown;
}

test.each<[string, Schema, Given, string[]]>([
  ["a rule that holds", ruled(whole, "self > 0"), { value: 1 }, []],
  ["no value", ruled(whole, "false"), { value: null }, []],
  [
    "a rule without a message",
    ruled(whole, "self > 0"),
    { value: 0 },
    ["v: Invalid value: 0: failed rule: self > 0"],
  ],
  [
    "a message",
    ruled(object({ n: whole }), "self.n > 0", { message: " more " }),
    { value: { n: 0 } },
    ["v: Invalid value: more"],
  ],
  [
    "a message that is made",
    ruled(text, "self == 'a'", { message: "m", messageExpression: "'not ' + self" }),
    { value: "b" },
    ['v: Invalid value: "b": not b'],
  ],
  [
    "a made message of two lines",
    ruled(text, "false", { message: "m", messageExpression: "'a\\nb'" }),
    { value: "b" },
    ['v: Invalid value: "b": m'],
  ],
  [
    "a reason and a place",
    ruled(object({ n: whole }), "has(self.n)", {
      message: "n",
      reason: "FieldValueRequired",
      fieldPath: ".n",
    }),
    { value: {} },
    ["v.n: Required value: n"],
  ],
  [
    "a failure",
    ruled(object({ n: whole }), "1 / self.n > 0", { message: "m" }),
    { value: { n: 0 } },
    ['v: Invalid value: "object": division by zero evaluating rule: m'],
  ],
  [
    "types that do not go together",
    ruled({ "x-kubernetes-int-or-string": true }, "self > 1"),
    { value: "a" },
    [
      "v: Invalid value: \"\": 'no such overload: _>_(string, int)': call arguments " +
        "did not match a supported operator, function or macro signature for rule: self > 1",
    ],
  ],
  [
    "too much to do",
    ruled({ type: "array", items: whole }, "self.all(a, self.all(b, self.all(c, c < 1)))"),
    { value: Array.from({ length: 120 }, () => 0) },
    [
      "v: Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no " +
        "further validation rules will be run due to call cost exceeds limit for rule: " +
        "self.all(a, self.all(b, self.all(c, c < 1)))",
    ],
  ],
  ["a change of nothing", object({ n: grows }), { value: { n: 1 } }, []],
  [
    "a change",
    object({ n: grows }),
    { value: { n: 1 }, old: { n: 2 } },
    ["v.n: Invalid value: 1: grows"],
  ],
  [
    "a change of what may be new",
    ruled(whole, "!oldSelf.hasValue()", { optionalOldSelf: true }),
    { value: 1, old: 1 },
    ["v: Invalid value: 1: failed rule: !oldSelf.hasValue()"],
  ],
  [
    "items with keys",
    {
      type: "array",
      items: object({ k: text, n: grows }),
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    },
    {
      value: [
        { k: "b", n: 1 },
        { k: "a", n: 1 },
      ],
      old: [{ k: "a", n: 1 }],
    },
    ["v[1].n: Invalid value: 1: grows"],
  ],
  [
    "values of a map",
    { type: "object", additionalProperties: ruled(whole, "self > 0") },
    { value: { a: 1, b: 0 } },
    ["v[b]: Invalid value: 0: failed rule: self > 0"],
  ],
])("%s", (_, schema, { value, old }, expected) => {
  expect(validateRules("v", value, old, schema, false).map(fieldErrorText)).toEqual(expected);
});

test("of a whole object, and of what stands in it", () => {
  const schema = ruled(object({ n: ruled(whole, "self > 0") }), "self.kind == 'A'");
  const value = { kind: "B", n: 0 };
  expect(validateRules("", value, undefined, schema, true).map(fieldErrorText)).toEqual([
    "<nil>: Invalid value: failed rule: self.kind == 'A'",
    "n: Invalid value: 0: failed rule: self > 0",
  ]);
  const twice = { ...object({ n: text }), not: {} };
  expect(validateValue("", value, twice).map(fieldErrorText)).toEqual([
    '<nil>: Invalid value: "": "" must not validate the schema (not)',
    'n: Invalid value: "integer": n in body must be of type string: "integer"',
  ]);
});

test.each<[string, Schema, string[]]>([
  [
    "that its rules refuse",
    ruled({ ...whole, default: 0 }, "self > 0"),
    ["s.properties[a].default: Invalid value: 0: failed rule: self > 0"],
  ],
  [
    "of an object without a kind, and with labels that are none",
    {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      "x-kubernetes-preserve-unknown-fields": true,
      default: { apiVersion: "v1", metadata: { labels: { "a b": "c" } } },
    },
    [
      "s.properties[a].default.kind: Required value",
      's.properties[a].default.metadata.labels: Invalid value: "a b": name part must consist of ' +
        "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  ],
])("a default %s", (_, schema, expected) => {
  const errors = validateDefaults("s", object({ a: schema }), true);
  expect(errors.map(fieldErrorText)).toEqual(expected);
});
