/** What Kubernetes asks of a schema besides being structural. */
import { forbidden, invalid, notSupported, required, type FieldError } from "../../errors.ts";
import { expressionFields, ruleFields } from "./rules.ts";
import { additionalOf, itemsOf, propertiesOf, type Schema } from "./tree.ts";

/** What is asked of a new schema and forgiven one that was stored before the rule came. */
export interface SchemaRules {
  readonly requiresKnownTypes: boolean;
  readonly requiresAtomicSets: boolean;
  readonly requiresListMapKeys: boolean;
}

interface Place {
  readonly path: string;
  readonly isRoot: boolean;
  /** Inside of apiVersion, kind or metadata of an object. */
  readonly isMeta: boolean;
  /** Why no default may stand here; undefined where one may. */
  readonly noDefaults: string | undefined;
  /** The outermost schema within which nobody can tell what a value was before. */
  readonly uncorrelatable: string | undefined;
  readonly compiles: boolean;
  readonly rules: SchemaRules;
}

const types = ["array", "boolean", "integer", "number", "object", "string"];
const metaFields: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

export const isKnownType = (type: string): boolean => types.includes(type);

/**
 * `compiles`: the rules' expressions are looked at, too, which takes a structural schema. What they
 * have comes after everything else.
 */
export function validateOpenApi(
  path: string,
  schema: Schema,
  rules: SchemaRules,
  compiles: boolean,
): FieldError[] {
  const { errors, expressions } = validate(schema, {
    path,
    isRoot: true,
    isMeta: false,
    noDefaults: undefined,
    uncorrelatable: undefined,
    compiles,
    rules,
  });
  return [...errors, ...expressions];
}

interface Found {
  readonly errors: readonly FieldError[];
  /** Of expressions. */
  readonly expressions: readonly FieldError[];
}

function validate(schema: Schema, place: Place): Found {
  const { path, rules, isRoot, uncorrelatable, compiles } = place;
  const own = validateSupport(schema, place);
  if (schema.uniqueItems === true) {
    const detail =
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
    own.push(forbidden(`${path}.uniqueItems`, detail));
  }
  const below = [
    ...validateAdditional(schema, place),
    ...propertiesOf(schema).map(([name, property]) =>
      validate(property, propertyPlace(schema, name, place)),
    ),
    ...validateParts(schema, place),
  ];
  const errors = [
    ...own,
    ...additionalFields(schema, path),
    ...below.flatMap((found) => found.errors),
    ...preserveFields(schema, path),
    ...validateMapType(schema, path),
    ...validateListType(schema, path, rules),
    ...(rules.requiresListMapKeys ? listMapKeyFields(schema, path) : []),
    ...ruleFields(path, schema),
  ];
  const isWhole = isRoot || schema["x-kubernetes-embedded-resource"] === true;
  const expressions = below.flatMap((found) => found.expressions);
  if (compiles && errors.length === 0) {
    expressions.push(...expressionFields(schema, { path, isRoot: isWhole, uncorrelatable }));
  }
  return { errors, expressions };
}

/** Fields of JSON schema that Kubernetes does not know, and those that cannot stand here. */
function validateSupport(schema: Schema, { path, isMeta, noDefaults, rules }: Place): FieldError[] {
  const { type = "" } = schema;
  const errors: FieldError[] = [];
  if (rules.requiresKnownTypes && type !== "" && !types.includes(type)) {
    errors.push(notSupported(`${path}.type`, type, types));
  }
  if (schema.default !== undefined && schema.default !== null && noDefaults !== undefined) {
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  }
  const refused = [
    ["id", Boolean(schema.id)],
    ["additionalItems", schema.additionalItems !== undefined],
    ["patternProperties", hasEntries(schema.patternProperties)],
    ["definitions", hasEntries(schema.definitions)],
    ["dependencies", schema.dependencies !== undefined],
    ["$ref", schema.$ref !== undefined],
  ] as const;
  for (const [name, isSet] of refused) {
    if (isSet) errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  }
  if (type === "null") {
    const detail = "type cannot be set to null, use nullable as an alternative";
    errors.push(forbidden(`${path}.type`, detail));
  }
  if (Array.isArray(schema.items) && schema.items.length > 0) {
    errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  }
  if (isMeta && schema["x-kubernetes-embedded-resource"] === true) {
    const detail = "must not be used inside of resource meta";
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, detail));
  }
  return errors;
}

const hasEntries = (map: object | undefined): boolean =>
  map !== undefined && Object.keys(map).length > 0;

function additionalFields(schema: Schema, path: string): FieldError[] {
  const { additionalProperties: more } = schema;
  const restricts = typeof more === "object" || more === false;
  if (!restricts || !hasEntries(schema.properties)) return [];
  const detail = "additionalProperties and properties are mutual exclusive";
  return [forbidden(`${path}.additionalProperties`, detail)];
}

function validateAdditional(schema: Schema, place: Place): Found[] {
  const more = additionalOf(schema);
  if (more === undefined) return [];
  const path = `${place.path}.additionalProperties`;
  const noDefaults = place.isMeta
    ? "inside additionalProperties applying to object metadata"
    : place.noDefaults;
  return [validate(more, { ...place, path, isRoot: false, noDefaults })];
}

function propertyPlace(schema: Schema, name: string, place: Place): Place {
  const isObject = place.isRoot || schema["x-kubernetes-embedded-resource"] === true;
  const isMetaField = isObject && metaFields.has(name);
  return {
    ...place,
    path: `${place.path}.properties[${name}]`,
    isRoot: false,
    isMeta: place.isMeta || isMetaField,
    noDefaults: place.isRoot && isMetaField ? `in top-level ${name}` : place.noDefaults,
  };
}

/** Schemas that stand in another otherwise than as a property. */
function validateParts(schema: Schema, place: Place): Found[] {
  const { not, allOf = [], oneOf = [], anyOf = [], definitions = {}, items } = schema;
  const isKeyed = schema["x-kubernetes-list-type"] === "map";
  const uncorrelatable = place.uncorrelatable ?? (isKeyed ? undefined : place.path);
  const nested = { ...place, isRoot: false };
  const part = (one: Schema, step: string) =>
    validate(one, { ...nested, path: `${place.path}.${step}`, compiles: false });
  const item = (one: Schema, step: string) =>
    validate(one, { ...nested, path: `${place.path}.${step}`, uncorrelatable });
  return [
    ...(not === undefined ? [] : [part(not, "not")]),
    ...allOf.map((one, index) => part(one, `allOf[${index}]`)),
    ...oneOf.map((one, index) => part(one, `oneOf[${index}]`)),
    ...anyOf.map((one, index) => part(one, `anyOf[${index}]`)),
    ...Object.entries(definitions).map(([name, one]) => part(one, `definitions[${name}]`)),
    ...(items === undefined || Array.isArray(items) ? [] : [item(items, "items")]),
    ...(Array.isArray(items) ? items.map((one, index) => item(one, `items[${index}]`)) : []),
    ...Object.entries(schema.dependencies ?? {}).flatMap(([name, one]) =>
      Array.isArray(one) ? [] : [part(one, `dependencies[${name}]`)],
    ),
  ];
}

function preserveFields(schema: Schema, path: string): FieldError[] {
  if (schema["x-kubernetes-preserve-unknown-fields"] !== false) return [];
  const at = `${path}.x-kubernetes-preserve-unknown-fields`;
  return [invalid(at, false, "must be true or undefined")];
}

function typeField(path: string, type: string, wanted: string, extension: string): FieldError[] {
  if (type === wanted) return [];
  const detail = `must be ${wanted} if ${extension} is specified`;
  return [type === "" ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail)];
}

function validateMapType(schema: Schema, path: string): FieldError[] {
  const { type = "", "x-kubernetes-map-type": mapType } = schema;
  if (mapType === undefined) return [];
  const known = ["atomic", "granular"];
  return [
    ...typeField(path, type, "object", "x-kubernetes-map-type"),
    ...(known.includes(mapType)
      ? []
      : [notSupported(`${path}.x-kubernetes-map-type`, mapType, known)]),
  ];
}

function validateListType(schema: Schema, path: string, rules: SchemaRules): FieldError[] {
  const { type = "", "x-kubernetes-list-type": listType } = schema;
  const { "x-kubernetes-list-map-keys": keys = [] } = schema;
  const at = `${path}.x-kubernetes-list-type`;
  const errors: FieldError[] = [];
  if (listType !== undefined && type !== "array") {
    errors.push(...typeField(path, type, "array", "x-kubernetes-list-type"));
  } else if (rules.requiresAtomicSets) errors.push(...atomicSetFields(schema, path));
  const known = ["atomic", "set", "map"];
  if (listType !== undefined && !known.includes(listType)) {
    errors.push(notSupported(at, listType, known));
  }
  if (keys.length > 0 && listType !== "map") {
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    errors.push(listType === undefined ? required(at, detail) : invalid(at, listType, detail));
  }
  return listType === "map" ? [...errors, ...validateListMap(schema, path, keys)] : errors;
}

/** Items of a set are compared as wholes. */
export function atomicSetFields(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema);
  if (schema["x-kubernetes-list-type"] !== "set" || items === undefined) return [];
  const { "x-kubernetes-list-type": listType, "x-kubernetes-map-type": mapType } = items;
  const detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
  if (items.type === "array" && listType !== undefined && listType !== "atomic") {
    return [invalid(`${path}.items.x-kubernetes-list-type`, listType, detail)];
  }
  if (items.type === "object" && mapType !== "atomic") {
    // Kubernetes shows the type of a list here.
    return [invalid(`${path}.items.x-kubernetes-map-type`, listType, detail)];
  }
  return [];
}

function validateListMap(schema: Schema, path: string, keys: readonly string[]): FieldError[] {
  const items = itemsOf(schema);
  const errors: FieldError[] = [];
  if (keys.length === 0) {
    const detail = "must not be empty if x-kubernetes-list-type is map";
    errors.push(required(`${path}.x-kubernetes-list-map-keys`, detail));
  }
  if (schema.items === undefined) {
    const detail = "must have a schema if x-kubernetes-list-type is map";
    return [...errors, required(`${path}.items`, detail)];
  }
  if (items === undefined) {
    const detail = "must only have a single schema if x-kubernetes-list-type is map";
    return [...errors, invalid(`${path}.items`, schema.items, detail)];
  }
  if (items.type !== "object") {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalid(`${path}.items.type`, items.type ?? "", detail)];
  }
  return [...errors, ...keys.flatMap((key, index) => keyFields(items, path, keys, key, index))];
}

function keyFields(
  items: Schema,
  path: string,
  keys: readonly string[],
  key: string,
  index: number,
): FieldError[] {
  const property = items.properties?.[key];
  const at = `${path}.x-kubernetes-list-map-keys`;
  const errors: FieldError[] = [];
  if (property === undefined) {
    errors.push(invalid(at, keys, "entries must all be names of item properties"));
  } else if (property.type === "array" || property.type === "object") {
    const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${path}.items.properties[${key}].type`, items.type ?? "", detail));
  }
  if (keys.indexOf(key) < index) {
    errors.push(invalid(at, keys, "must not contain duplicate entries"));
  }
  return errors;
}

/** Items of sets and maps are there, and so are the keys of a map's items. */
export function listMapKeyFields(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema);
  const { "x-kubernetes-list-type": listType = "" } = schema;
  if (items === undefined || (listType !== "set" && listType !== "map")) return [];
  const errors: FieldError[] = [];
  if (items.nullable === true) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbidden(`${path}.items.nullable`, detail));
  }
  const keys = listType === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : [];
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const at = `${path}.items.properties[${key}]`;
    const said = "this property is in x-kubernetes-list-map-keys, so it";
    if (!(items.required ?? []).includes(key) && (property.default ?? null) === null) {
      const detail = `${said} must have a default or be a required property`;
      errors.push(required(`${at}.default`, detail));
    }
    if (property.nullable === true) {
      errors.push(forbidden(`${at}.nullable`, `${said} cannot be nullable`));
    }
  }
  return errors;
}
