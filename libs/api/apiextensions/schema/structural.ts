/**
 * Structural schemas: every field that a validation speaks of has a type outside of it, so that
 * unknown fields can be told (apiextensions-apiserver pkg/apiserver/schema/validation.go).
 */
import { fieldErrorText, forbidden, invalid, required, type FieldError } from "../../errors.ts";
import { semanticEqual } from "../../equality.ts";
import { patternError } from "./patterns.ts";
import { additionalOf, childrenOf, itemsOf, propertiesOf, type Schema } from "./tree.ts";

type Level = "root" | "item" | "field";

/** Why a schema cannot be read as structural at all; empty when it can. */
export function structuralReadError(schema: Schema): string {
  const own = ownReadError(schema);
  if (own !== "") return own;
  for (const child of childrenOf(schema)) {
    const error = structuralReadError(child);
    if (error !== "") return error;
  }
  return "";
}

function ownReadError(schema: Schema): string {
  const unsupported = [
    ["id", schema.id],
    ["schema", schema.$schema],
    ["$ref", schema.$ref],
    ["patternProperties", entriesOf(schema.patternProperties)],
    ["dependencies", entriesOf(schema.dependencies)],
    ["additionalItems", schema.additionalItems],
    ["definitions", entriesOf(schema.definitions)],
  ] as const;
  for (const [name, value] of unsupported) {
    if (value !== undefined && value !== "") return `OpenAPIV3Schema '${name}' is not supported`;
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  }
  return Array.isArray(schema.items)
    ? "OpenAPIV3Schema 'items' must be a schema, but is an array"
    : "";
}

const entriesOf = (map: object | undefined) =>
  map !== undefined && Object.keys(map).length > 0 ? map : undefined;

/** What makes a schema not structural, sorted by what it says. */
export function validateStructural(schema: Schema, path: string): FieldError[] {
  const errors = [
    ...validateInvariants(schema, "root", path),
    ...validateCompleteness(schema, schema, path, path),
  ];
  return errors
    .map((error) => [fieldErrorText(error), error] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([, error]) => error);
}

const emptyTypeText: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function validateInvariants(schema: Schema, level: Level, path: string): FieldError[] {
  const { type = "" } = schema;
  const items = itemsOf(schema);
  const more = additionalOf(schema);
  const errors: FieldError[] = [];
  if (type === "array" && items === undefined) {
    errors.push(required(`${path}.items`, "must be specified"));
  }
  if (items !== undefined) errors.push(...validateInvariants(items, "item", `${path}.items`));
  for (const [name, property] of propertiesOf(schema)) {
    errors.push(...validateInvariants(property, "field", `${path}.properties[${name}]`));
  }
  if (schema.additionalProperties !== undefined && level === "root") {
    errors.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
  }
  if (more !== undefined) {
    errors.push(...validateInvariants(more, "field", `${path}.additionalProperties`));
  }
  return [
    ...errors,
    ...validateExtensions(schema, path),
    ...validateJunctors(schema, path, {
      anyOf: isIntOrString(schema.anyOf),
      firstAllOf: isIntOrString(schema.allOf?.[0]?.anyOf),
    }),
    ...validateTypes(schema, level, path),
    ...validateMetadata(schema, level, path),
  ];
}

const isIntOrString = (anyOf: readonly Schema[] | undefined): boolean =>
  semanticEqual(anyOf, [{ type: "integer" }, { type: "string" }]);

function validateExtensions(schema: Schema, path: string): FieldError[] {
  if (schema["x-kubernetes-int-or-string"] !== true) return [];
  const names = ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] as const;
  return names
    .filter((name) => schema[name] === true)
    .map((name) =>
      invalid(`${path}.${name}`, true, "must be false if x-kubernetes-int-or-string is true"),
    );
}

function validateTypes(schema: Schema, level: Level, path: string): FieldError[] {
  const { type = "" } = schema;
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const at = `${path}.type`;
  const errors: FieldError[] = [];
  if (isEmbedded && type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(at, detail) : invalid(at, type, detail));
  } else if (type === "" && schema["x-kubernetes-int-or-string"] !== true && !preserves) {
    errors.push(required(at, emptyTypeText[level]));
  }
  if (isEmbedded && schema.additionalProperties !== undefined) {
    const detail = "must not be used if x-kubernetes-embedded-resource is set";
    errors.push(forbidden(`${path}.additionalProperties`, detail));
  }
  if (level === "root" && type !== "" && type !== "object") {
    errors.push(invalid(at, type, "must be object at the root"));
  }
  if (isEmbedded && !preserves && propertiesOf(schema).length === 0) {
    const detail =
      "must not be empty if x-kubernetes-embedded-resource is true without " +
      "x-kubernetes-preserve-unknown-fields";
    errors.push(required(`${path}.properties`, detail));
  }
  return errors;
}

/** Of metadata only names can be restricted, and only at the root. */
function validateMetadata(schema: Schema, level: Level, path: string): FieldError[] {
  const { properties = {} } = schema;
  const isObject = level === "root" || schema["x-kubernetes-embedded-resource"] === true;
  const errors: FieldError[] = [];
  for (const name of isObject ? ["kind", "apiVersion"] : []) {
    const property = properties[name];
    if (property === undefined || property.type === "string") continue;
    const at = `${path}.properties[${name}].type`;
    errors.push(invalid(at, property.type ?? "", "must be string"));
  }
  const { metadata } = properties;
  if (metadata === undefined) return errors;
  const at = `${path}.properties[metadata]`;
  if (isObject && metadata.type !== "object") {
    errors.push(invalid(`${at}.type`, metadata.type ?? "", "must be object"));
  }
  if (level !== "root") return errors;
  const { type: _type, default: _default, properties: named = {}, ...rest } = metadata;
  const allowed = Object.keys(named).every((name) => name === "name" || name === "generateName");
  if (allowed && semanticEqual(rest, {})) return errors;
  const detail =
    "must not specify anything other than name and generateName, " +
    "but metadata is implicitly specified";
  return [...errors, forbidden(at, detail)];
}

interface Skipped {
  /** What `x-kubernetes-int-or-string` says in another way may stay. */
  readonly anyOf: boolean;
  readonly firstAllOf: boolean;
}

const nothingSkipped: Skipped = { anyOf: false, firstAllOf: false };

function validateJunctors(schema: Schema, path: string, skipped: Skipped): FieldError[] {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = "" } = schema;
  const errors: FieldError[] = [];
  for (const [index, part] of skipped.anyOf ? [] : anyOf.entries()) {
    errors.push(...validateNested(part, `${path}.anyOf[${index}]`));
  }
  for (const [index, part] of allOf.entries()) {
    const isKnown = skipped.firstAllOf && index === 0;
    const skips = { anyOf: isKnown, firstAllOf: false };
    errors.push(...validateNested(part, `${path}.allOf[${index}]`, skips));
  }
  for (const [index, part] of oneOf.entries()) {
    errors.push(...validateNested(part, `${path}.oneOf[${index}]`));
  }
  if (not !== undefined) errors.push(...validateNested(not, `${path}.not`));
  const detail = pattern === "" ? "" : patternError(pattern);
  if (detail === "") return errors;
  const text = `must be a valid regular expression, but isn't: ${detail}`;
  return [...errors, invalid(`${path}.pattern`, pattern, text)];
}

const emptyText = "must be empty to be structural";
const undefinedText = "must be undefined to be structural";
const falseText = "must be false to be structural";

function validateNested(
  schema: Schema,
  path: string,
  skipped: Skipped = nothingSkipped,
): FieldError[] {
  const errors = validateJunctors(schema, path, skipped);
  const items = itemsOf(schema);
  if (items !== undefined) errors.push(...validateNested(items, `${path}.items`));
  for (const [name, property] of propertiesOf(schema)) {
    errors.push(...validateNested(property, `${path}.properties[${name}]`));
  }
  const refused: readonly (readonly [string, boolean, string])[] = [
    ["type", Boolean(schema.type), emptyText],
    [
      "additionalProperties",
      schema.additionalProperties !== undefined && schema.additionalProperties !== false,
      undefinedText,
    ],
    ["default", schema.default !== undefined, undefinedText],
    ["title", Boolean(schema.title), emptyText],
    ["description", Boolean(schema.description), emptyText],
    ["nullable", schema.nullable === true, falseText],
    ...flags.map((name) => [name, schema[name] === true, falseText] as const),
    [
      "x-kubernetes-list-map-keys",
      (schema["x-kubernetes-list-map-keys"] ?? []).length > 0,
      emptyText,
    ],
    ["x-kubernetes-list-type", schema["x-kubernetes-list-type"] !== undefined, undefinedText],
    ["x-kubernetes-map-type", schema["x-kubernetes-map-type"] !== undefined, undefinedText],
    ["x-kubernetes-validations", (schema["x-kubernetes-validations"] ?? []).length > 0, emptyText],
  ];
  for (const [field, isSet, detail] of refused) {
    if (isSet) errors.push(forbidden(`${path}.${field}`, detail));
  }
  if (schema.properties?.["metadata"] === undefined) return errors;
  const detail = "must not be specified in a nested context";
  return [...errors, forbidden(`${path}.properties[metadata]`, detail)];
}

const flags = [
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
] as const;

/** What a validation speaks of has to stand outside of it, too. */
function validateCompleteness(
  validation: Schema,
  schema: Schema | undefined,
  path: string,
  at: string,
): FieldError[] {
  const { not, allOf = [], anyOf = [], oneOf = [] } = validation;
  if (schema === undefined) return [required(path, `because it is defined in ${at}`)];
  const parts = [
    ...(not === undefined ? [] : [[`${at}.not`, not] as const]),
    ...allOf.map((part, index) => [`${at}.allOf[${index}]`, part] as const),
    ...anyOf.map((part, index) => [`${at}.anyOf[${index}]`, part] as const),
    ...oneOf.map((part, index) => [`${at}.oneOf[${index}]`, part] as const),
  ];
  return parts.flatMap(([place, part]) => validateNestedCompleteness(part, schema, path, place));
}

function validateNestedCompleteness(
  validation: Schema,
  schema: Schema | undefined,
  path: string,
  at: string,
): FieldError[] {
  if (schema === undefined) return [required(path, `because it is defined in ${at}`)];
  const items = itemsOf(validation);
  return [
    ...validateCompleteness(validation, schema, path, at),
    ...(items === undefined
      ? []
      : validateNestedCompleteness(items, itemsOf(schema), `${path}.items`, `${at}.items`)),
    ...propertiesOf(validation).flatMap(([name, property]) => {
      const step = `.properties[${name}]`;
      const structure = schema.properties?.[name];
      return validateNestedCompleteness(property, structure, path + step, at + step);
    }),
  ];
}
