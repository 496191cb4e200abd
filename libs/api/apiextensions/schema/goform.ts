/** Schemas as Go's encoding/json prints Kubernetes' internal types. */
import type { ValidationRule } from "#proto/gen/k8s/apiextensions/v1.ts";
import type { GoStruct, GoValue } from "../../goform.ts";
import type { Schema } from "./tree.ts";

type Form = (value: unknown, isSet: boolean) => GoValue;

const text: Form = (value) => String(value ?? "");
const flag: Form = (value) => value === true;
const pointer: Form = (value) => (value ?? null) as GoValue;
const schemaForm: Form = (value, isSet) => (isSet ? goSchema(value as Schema) : null);
const schemas: Form = (value) => {
  const list = (value ?? []) as readonly Schema[];
  return list.length === 0 ? null : list.map(goSchema);
};
const schemaMap: Form = (value) => {
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, Schema>>);
  if (entries.length === 0) return null;
  const sorted = entries.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, schema]) => [name, goSchema(schema)]));
};
const orList: Form = (value, isSet) => {
  if (!isSet) return null;
  return Array.isArray(value)
    ? { Schema: null, JSONSchemas: schemas(value, true) }
    : { Schema: goSchema(value as Schema), JSONSchemas: null };
};
const orFlag: Form = (value, isSet) => {
  if (!isSet) return null;
  return typeof value === "object"
    ? { Allows: true, Schema: goSchema(value as Schema) }
    : { Allows: value === true, Schema: null };
};
const dependencies: Form = (value) => {
  const entries = Object.entries((value ?? {}) as Readonly<Record<string, Schema | string[]>>);
  if (entries.length === 0) return null;
  const forms = entries.map(([name, one]) => [
    name,
    Array.isArray(one)
      ? { Schema: null, Property: one }
      : { Schema: goSchema(one), Property: null },
  ]);
  return Object.fromEntries(forms) as GoStruct;
};
const docs: Form = (value, isSet) => {
  if (!isSet) return null;
  const { description = "", url = "" } = value as { description?: string; url?: string };
  return { Description: description, URL: url };
};
const rules: Form = (value) => {
  const list = (value ?? []) as NonNullable<Schema["x-kubernetes-validations"]>;
  if (list.length === 0) return null;
  return list.map(goRule);
};
/** Every field of a schema in the order in which Go declares them. */
export const schemaFields: readonly (readonly [goName: string, name: keyof Schema, Form])[] = [
  ["ID", "id", text],
  ["Schema", "$schema", text],
  ["Ref", "$ref", pointer],
  ["Description", "description", text],
  ["Type", "type", text],
  ["Nullable", "nullable", flag],
  ["Format", "format", text],
  ["Title", "title", text],
  ["Default", "default", pointer],
  ["Maximum", "maximum", pointer],
  ["ExclusiveMaximum", "exclusiveMaximum", flag],
  ["Minimum", "minimum", pointer],
  ["ExclusiveMinimum", "exclusiveMinimum", flag],
  ["MaxLength", "maxLength", pointer],
  ["MinLength", "minLength", pointer],
  ["Pattern", "pattern", text],
  ["MaxItems", "maxItems", pointer],
  ["MinItems", "minItems", pointer],
  ["UniqueItems", "uniqueItems", flag],
  ["MultipleOf", "multipleOf", pointer],
  ["Enum", "enum", pointer],
  ["MaxProperties", "maxProperties", pointer],
  ["MinProperties", "minProperties", pointer],
  ["Required", "required", pointer],
  ["Items", "items", orList],
  ["AllOf", "allOf", schemas],
  ["OneOf", "oneOf", schemas],
  ["AnyOf", "anyOf", schemas],
  ["Not", "not", schemaForm],
  ["Properties", "properties", schemaMap],
  ["AdditionalProperties", "additionalProperties", orFlag],
  ["PatternProperties", "patternProperties", schemaMap],
  ["Dependencies", "dependencies", dependencies],
  ["AdditionalItems", "additionalItems", orFlag],
  ["Definitions", "definitions", schemaMap],
  ["ExternalDocs", "externalDocs", docs],
  ["Example", "example", pointer],
  ["XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", pointer],
  ["XEmbeddedResource", "x-kubernetes-embedded-resource", flag],
  ["XIntOrString", "x-kubernetes-int-or-string", flag],
  ["XListMapKeys", "x-kubernetes-list-map-keys", pointer],
  ["XListType", "x-kubernetes-list-type", pointer],
  ["XMapType", "x-kubernetes-map-type", pointer],
  ["XValidations", "x-kubernetes-validations", rules],
];

export const goSchema = (schema: Schema): GoStruct =>
  Object.fromEntries(
    schemaFields.map(([goName, name, form]) => {
      const { [name]: value } = schema;
      return [goName, form(value, value !== undefined)];
    }),
  );

export const goRule = (rule: ValidationRule): GoStruct => ({
  Rule: rule.rule ?? "",
  Message: rule.message ?? "",
  MessageExpression: rule.messageExpression ?? "",
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? "",
  OptionalOldSelf: rule.optionalOldSelf ?? null,
});
