import { expect, test } from "vitest";
import { fieldErrorText } from "../../errors.ts";
import { optionsOfNew } from "../v1/customresourcedefinitions/options.ts";
import { validateSchemaField } from "../v1/customresourcedefinitions/schema.ts";
import { findField } from "./fieldpath.ts";
import { hasFormat } from "./formats.ts";
import { patternError } from "./patterns.ts";
import { prune } from "./prune.ts";
import { validateStructural } from "./structural.ts";
import type { Schema } from "./tree.ts";
import { validateValue } from "./values.ts";

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

test.each<[string, Schema, string[]]>([
  ["nothing odd", object({ b: text }), []],
  ["no type", {}, ["a.type: Required value: must not be empty for specified object fields"]],
  [
    "an item without a type",
    { type: "array", items: {} },
    ["a.items.type: Required value: must not be empty for specified array items"],
  ],
  ["no items", { type: "array" }, ["a.items: Required value: must be specified"]],
  [
    "a type inside of a junctor",
    { ...text, anyOf: [{ type: "string", default: "x" }] },
    [
      "a.anyOf[0].default: Forbidden: must be undefined to be structural",
      "a.anyOf[0].type: Forbidden: must be empty to be structural",
    ],
  ],
  [
    "int-or-string that keeps what it does not know",
    { "x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true },
    [
      "a.x-kubernetes-preserve-unknown-fields: Invalid value: true: " +
        "must be false if x-kubernetes-int-or-string is true",
    ],
  ],
  ["int-or-string", { "x-kubernetes-int-or-string": true, anyOf: [whole, text] }, []],
  [
    "an embedded object without fields",
    { type: "object", "x-kubernetes-embedded-resource": true },
    [
      "a.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true " +
        "without x-kubernetes-preserve-unknown-fields",
    ],
  ],
  [
    "additional properties beside others",
    object({ b: text }, { additionalProperties: text }),
    [
      "a.additionalProperties: Forbidden: " +
        "additionalProperties and properties are mutual exclusive",
    ],
  ],
  [
    "a null type",
    { type: "null" },
    [
      'a.type: Unsupported value: "null": supported values: "array", "boolean", "integer", ' +
        '"number", "object", "string"',
      "a.type: Forbidden: type cannot be set to null, use nullable as an alternative",
    ],
  ],
  [
    "what Kubernetes does not know",
    { ...text, id: "x", definitions: { d: text } },
    [
      "a.id: Forbidden: id is not supported",
      "a.definitions: Forbidden: definitions is not supported",
    ],
  ],
  [
    "a default that does not fit",
    { ...whole, default: 1.5 },
    [
      'a.default: Invalid value: "number":  in body must be of type integer: "number"',
      'a.default: Invalid value: "": Checked value must be of type integer (default format) in ',
    ],
  ],
  [
    "a default with a field too many",
    { ...object({ b: text }), default: { b: "x", c: 1 } },
    ['a.default: Invalid value: {"b":"x","c":1}: must not have unknown fields'],
  ],
  [
    "a list type of a text",
    { ...text, "x-kubernetes-list-type": "set" },
    ['a.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'],
  ],
  [
    "keys without a map",
    { type: "array", items: text, "x-kubernetes-list-map-keys": ["n"] },
    [
      "a.x-kubernetes-list-type: Required value: " +
        "must be map if x-kubernetes-list-map-keys is non-empty",
    ],
  ],
  [
    "a nullable key twice",
    {
      type: "array",
      items: object({ n: { ...text, nullable: true } }, { required: ["n"] }),
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["n", "n"],
    },
    [
      'a.x-kubernetes-list-map-keys: Invalid value: ["n","n"]: must not contain duplicate entries',
      "a.items.properties[n].nullable: Forbidden: " +
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      "a.items.properties[n].nullable: Forbidden: " +
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
    ],
  ],
  [
    "rules without text",
    object(
      { b: text },
      {
        "x-kubernetes-validations": [
          { rule: " " },
          { rule: "true", message: " ", reason: "Odd", fieldPath: ".c" },
          { rule: "true\n|| false" },
          { rule: "true", messageExpression: " " },
        ],
      },
    ),
    [
      "a.x-kubernetes-validations[0].rule: Required value: rule is not specified",
      'a.x-kubernetes-validations[1].message: Invalid value: " ": must be non-empty if specified',
      'a.x-kubernetes-validations[1].reason: Unsupported value: "Odd": supported values: ' +
        '"FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
      'a.x-kubernetes-validations[1].fieldPath: Invalid value: ".c": must be a valid path',
      "a.x-kubernetes-validations[2].message: Required value: " +
        "message must be specified if rule contains line breaks",
      "a.x-kubernetes-validations[3].messageExpression: Required value: " +
        "messageExpression must be non-empty if specified",
    ],
  ],
])("a schema with %s", (_, schema, expected) => {
  expect(errorsOf(schema)).toEqual(expected);
});

test("what only a junctor says something of", () => {
  const root = object({}, { allOf: [{ properties: { c: { minimum: 1 } } }] });
  expect(validateStructural(root, "s").map(fieldErrorText)).toEqual([
    "s.properties[c]: Required value: because it is defined in s.allOf[0].properties[c]",
  ]);
});

test.each<[unknown, Schema, string[]]>([
  ["x", text, []],
  [null, text, ['v: Invalid value: "null":  in body must be of type string: "null"']],
  [null, { ...text, nullable: true }, []],
  [1, { "x-kubernetes-int-or-string": true }, []],
  [
    true,
    { "x-kubernetes-int-or-string": true },
    ['v: Invalid value: "boolean":  in body must be of type integer,string: "boolean"'],
  ],
  ["abc", { ...text, maxLength: 2 }, ["v: Too long: may not be more than 2 bytes"]],
  [
    "a",
    { ...text, minLength: 2 },
    ['v: Invalid value: "a":  in body should be at least 2 chars long'],
  ],
  ["a", { ...text, pattern: "^b" }, [`v: Invalid value: "a":  in body should match '^b'`]],
  ["x", { ...text, format: "date" }, ['v: Invalid value: "x":  in body must be of type date: "x"']],
  [
    { n: 6 },
    object({ n: { ...whole, maximum: 5 } }),
    ["v.n: Invalid value: 6: n in body should be less than or equal to 5"],
  ],
  [
    0,
    { ...whole, minimum: 0, exclusiveMinimum: true },
    ["v: Invalid value: 0:  in body should be greater than 0"],
  ],
  [0.3, { type: "number", multipleOf: 0.1 }, []],
  [5, { ...whole, multipleOf: 2 }, ["v: Invalid value: 5:  in body should be a multiple of 2"]],
  [
    3_000_000_000,
    { ...whole, format: "int32" },
    ['v: Invalid value: "": Checked value must be of type integer with format int32 in '],
  ],
  ["c", { ...text, enum: ["a", "b"] }, ['v: Unsupported value: "c": supported values: "a", "b"']],
  [1, { ...whole, enum: [1, 2] }, []],
  [
    ["a", 1],
    { type: "array", items: text, maxItems: 1 },
    [
      'v.[1]: Invalid value: "integer": [1] in body must be of type string: "integer"',
      "v: Too many: 2: must have at most 1 items",
    ],
  ],
  [
    {},
    object({}, { required: ["a"], minProperties: 1 }),
    ["v: Invalid value: 0:  in body should have at least 1 properties", "v.a: Required value"],
  ],
  [
    { a: 1, b: 2 },
    { type: "object", additionalProperties: text, maxProperties: 1 },
    [
      "v: Too many: 2: must have at most 1 items",
      'v.a: Invalid value: "integer": .a in body must be of type string: "integer"',
      'v.b: Invalid value: "integer": .b in body must be of type string: "integer"',
    ],
  ],
  [
    { a: 1 },
    { type: "object", additionalProperties: false },
    ['v: Invalid value: "a": .a in body is a forbidden property'],
  ],
  [
    5,
    { ...whole, oneOf: [{ minimum: 1 }, { minimum: 2 }] },
    [
      'v: Invalid value: "": "" must validate one and only one schema (oneOf). ' +
        "Found 2 valid alternatives",
    ],
  ],
  [
    5,
    { ...whole, anyOf: [{ maximum: 1 }, { maximum: 2 }] },
    [
      'v: Invalid value: "": "" must validate at least one schema (anyOf)',
      "v: Invalid value: 5:  in body should be less than or equal to 1",
    ],
  ],
  [
    5,
    { ...whole, allOf: [{ maximum: 1 }], not: { minimum: 5 } },
    [
      "v: Invalid value: 5:  in body should be less than or equal to 1",
      'v: Invalid value: "": "" must validate all the schemas (allOf). None validated',
      'v: Invalid value: "": "" must not validate the schema (not)',
    ],
  ],
])("%j against %j", (value, schema, expected) => {
  expect(validateValue("v", value, schema).map(fieldErrorText)).toEqual(expected);
});

test.each<[string, string]>([
  ["^a+$", ""],
  ["(", "error parsing regexp: missing closing ): `(`"],
  ["a)", "error parsing regexp: unexpected ): `a)`"],
  ["[a", "error parsing regexp: missing closing ]: `[a`"],
  ["*a", "error parsing regexp: missing argument to repetition operator: `*`"],
  ["(?=a)", "error parsing regexp: invalid or unsupported Perl syntax: `(?=`"],
])("the pattern %s", (pattern, expected) => {
  expect(patternError(pattern)).toBe(expected);
});

test.each<[string, string, boolean | undefined]>([
  ["date", "2024-02-29", true],
  ["date", "2023-02-29", false],
  ["date-time", "2024-01-01T00:00:00Z", true],
  ["date-time", "2024-01-01", false],
  ["ipv4", "1.2.3.4", true],
  ["ipv6", "1.2.3.4", false],
  ["cidr", "10.0.0.0/8", true],
  ["uuid", "c3e0a4f2-52f8-4b5e-9f39-0a6d4a2e0a11", true],
  ["email", "a@b.c", true],
  ["email", "a", false],
  ["hostname", "a.example.com", true],
  ["byte", "YQ==", true],
  ["byte", "!", false],
  ["duration", "1h30m", true],
  ["duration", "5 days", true],
  ["duration", "soon", false],
  ["rgbcolor", "rgb(1,2,256)", false],
  ["hexcolor", "#fff", true],
  ["mac", "00:11:22:33:44:55", true],
  ["k8s-short-name", "A", false],
  ["odd", "x", undefined],
])("format %s of %s", (format, value, expected) => {
  expect(hasFormat(format, value)).toBe(expected);
});

test.each<[string, string]>([
  [".a.b", "a.b"],
  [".a['b']", "a.b"],
  [".m.x", "m[x]"],
  [".m['a.b']", "m[a.b]"],
  [".z", "does not refer to a valid field"],
  ["a", "expected [ or . but got: a"],
  [".", "unexpected end of JSON path"],
  [".a[b]", "expected single quoted string but got b"],
  [".a['b'", "unexpected end of JSON path"],
])("the path %s", (path, expected) => {
  const schema = object({
    a: object({ b: text }),
    m: { type: "object", additionalProperties: text },
  });
  const found = findField(path, schema, true);
  expect(typeof found === "string" ? found : found.path).toBe(expected);
});

test("what no schema knows is pruned", () => {
  const schema = object({
    a: object({ b: text }),
    k: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    l: { type: "array", items: object({ c: text }) },
  });
  const value = {
    apiVersion: "v1",
    metadata: { x: 1 },
    a: { b: "1", z: 2 },
    k: { z: 1 },
    l: [{ c: "1", z: 1 }],
    z: 1,
  };
  expect(prune(value, schema, true)).toEqual({
    apiVersion: "v1",
    metadata: { x: 1 },
    a: { b: "1" },
    k: { z: 1 },
    l: [{ c: "1" }],
  });
});

test.each<[Schema, unknown, string[]]>([
  [{ type: "integer", format: "int64" }, 9007199254740993n, []],
  [{ type: "integer", enum: [9007199254740993n as never] }, 9007199254740993n, []],
  [{ type: "string" }, 9007199254740993n, ["integer"]],
  [{ type: "integer", format: "int32" }, 9007199254740993n, ["int32"]],
])("an integer beyond 2^53 is one like any other: %#", (schema, value, words) => {
  const texts = validateValue("a", value, schema).map(fieldErrorText);
  expect(texts).toHaveLength(words.length);
  for (const [index, word] of words.entries()) expect(texts[index]).toContain(word);
});
