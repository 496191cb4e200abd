/** Versions and schemas as Go's encoding/json prints Kubernetes' internal types. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import type { GoStruct, GoValue } from "../../../goform.ts";
import type { Schema } from "../../schema/tree.ts";
import type { VersionView } from "./view.ts";

export const goVersions = (versions: readonly VersionView[] | undefined): GoValue =>
  versions?.map(goVersion) ?? null;

const goVersion = (version: VersionView): GoStruct => ({
  Name: version.name,
  Served: version.served,
  Storage: version.storage,
  Deprecated: version.deprecated,
  DeprecationWarning: version.deprecationWarning ?? null,
  Schema: goValidation(version.schema),
  Subresources: goSubresources(version.subresources),
  AdditionalPrinterColumns: goList(version.columns, goColumn),
  SelectableFields: goList(version.selectableFields, goSelectable),
});

const goList = <Item>(items: readonly Item[], form: (item: Item) => GoStruct): GoValue =>
  items.length === 0 ? null : items.map(form);

const goValidation = (validation: CustomResourceValidation | undefined): GoValue => {
  if (validation === undefined) return null;
  const { openAPIV3Schema: schema } = validation;
  return { OpenAPIV3Schema: schema === undefined ? null : goSchema(schema) };
};

function goSubresources(subresources: CustomResourceSubresources | undefined): GoValue {
  if (subresources === undefined) return null;
  const { status, scale } = subresources;
  return {
    Status: status === undefined ? null : {},
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath ?? "",
            StatusReplicasPath: scale.statusReplicasPath ?? "",
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}

const goColumn = (column: CustomResourceColumnDefinition): GoStruct => ({
  Name: column.name ?? "",
  Type: column.type ?? "",
  Format: column.format ?? "",
  Description: column.description ?? "",
  Priority: column.priority ?? 0,
  JSONPath: column.jsonPath ?? "",
});

const goSelectable = ({ jsonPath = "" }: SelectableField): GoStruct => ({ JSONPath: jsonPath });

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
  return list.map((rule) => ({
    Rule: rule.rule ?? "",
    Message: rule.message ?? "",
    MessageExpression: rule.messageExpression ?? "",
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? "",
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }));
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
