import { expect, test } from "vitest";
import type { ValidationRule } from "#proto/gen/k8s/apiextensions/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { goJson } from "../../gotext.ts";
import { optionsOfNew } from "../v1/customresourcedefinitions/options.ts";
import { validateSchemaField } from "../v1/customresourcedefinitions/schema.ts";
import type { Schema } from "./tree.ts";

const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const object = (properties: Record<string, Schema>, more: Schema = {}): Schema => ({
  type: "object",
  properties,
  ...more,
});

function errorsOf(a: Schema): string[] {
  const validation = { openAPIV3Schema: object({ a }) };
  return validateSchemaField("s", validation, false, optionsOfNew).map((error) =>
    fieldErrorText(error).replace("s.openAPIV3Schema.properties[a]", "a"),
  );
}

const rule = (expression: string, more: ValidationRule = {}) => ({
  "x-kubernetes-validations": [{ rule: expression, ...more }],
});
const shown = (expression: string, more: object = {}) =>
  goJson({
    Rule: expression,
    Message: "",
    MessageExpression: "",
    Reason: null,
    FieldPath: "",
    OptionalOldSelf: null,
    ...more,
  });
const at = "a.x-kubernetes-validations[0]";

test.each<[string, Schema, string[]]>([
  ["a field", object({ b: text }, rule("self.b == 'x' && oldSelf.b != self.b")), []],
  [
    "fields of other names and forms",
    object(
      {
        "b-c": { ...text, format: "date-time" },
        in: { ...text, format: "byte" },
        p: { "x-kubernetes-int-or-string": true },
        m: { type: "object", additionalProperties: whole },
      },
      rule(
        "self.b__dash__c < timestamp('2026-01-01T00:00:00Z') && self.__in__ == b'x' && " +
          "self.p == 1 && self.m.all(k, self.m[k] > 0)",
      ),
    ),
    [],
  ],
  [
    "an embedded object",
    object(
      { spec: text },
      { "x-kubernetes-embedded-resource": true, ...rule("self.metadata.name == self.kind") },
    ),
    [],
  ],
  [
    "no such field",
    object({ b: text }, rule("self.c > 0")),
    [
      `${at}.rule: Invalid value: ${shown("self.c > 0")}: compilation failed: ` +
        "ERROR: <input>:1:5: undefined field 'c'\n | self.c > 0\n | ....^",
    ],
  ],
  [
    "a text",
    object({ b: text }, rule("self.b")),
    [`${at}.rule: Invalid value: ${shown("self.b")}: cel expression must evaluate to a bool`],
  ],
  [
    "a message that is a number",
    object({ b: text }, rule("true", { messageExpression: "1" })),
    [
      `${at}.messageExpression: Invalid value: ${shown("true", { MessageExpression: "1" })}: ` +
        "messageExpression must evaluate to a string",
    ],
  ],
  [
    "what was before, in a list",
    { type: "array", items: object({ b: whole }, rule("self.b > oldSelf.b")) },
    [
      'a.items.x-kubernetes-validations[0].rule: Invalid value: "self.b > oldSelf.b": ' +
        "oldSelf cannot be used on the uncorrelatable portion of the schema within " +
        "s.openAPIV3Schema.properties[a]",
    ],
  ],
  [
    "what was before, in a list of things with names",
    {
      type: "array",
      items: object({ b: whole }, { required: ["b"], ...rule("self.b > oldSelf.b") }),
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["b"],
    },
    [],
  ],
  [
    "what may have been before",
    {
      ...whole,
      ...rule("!oldSelf.hasValue() || oldSelf.value() < self", { optionalOldSelf: true }),
    },
    [],
  ],
  [
    "an option that does nothing",
    { ...whole, ...rule("self > 1", { optionalOldSelf: true }) },
    [`${at}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`],
  ],
  [
    "values of no type",
    { "x-kubernetes-preserve-unknown-fields": true, ...rule("true") },
    [
      "a.x-kubernetes-validations: Internal error: internal error: failed to construct type " +
        "information for x-kubernetes-validations rules: unable to convert structural schema to " +
        "CEL declarations",
    ],
  ],
])("a rule of %s", (_, schema, expected) => {
  expect(errorsOf(schema)).toEqual(expected);
});
