/**
 * Types of what a structural schema describes (Kubernetes' apiserver pkg/cel/common/schemas.go).
 */
import type { JSONSchemaProps } from "#proto/gen/k8s/apiextensions/v1.ts";
import {
  bool,
  bytes,
  type CelType,
  double,
  duration,
  dyn,
  type FieldDeclaration,
  int,
  listOf,
  mapOf,
  objectOf,
  optionalOf,
  string,
  timestamp,
  type TypeProvider,
} from "./celtype.ts";
import { kubernetes } from "./compile.ts";
import type { Environment } from "./environment.ts";

export interface SchemaTypes {
  readonly type: CelType;
  readonly provider: TypeProvider;
}

/**
 * Types of a schema and of all below it; undefined for values that no expression can see.
 * `isRoot`: a whole object, of which apiVersion, kind and the names are there without being said.
 */
export function schemaTypes(schema: JSONSchemaProps, isRoot: boolean): SchemaTypes | undefined {
  const types = new Map<string, ReadonlyMap<string, FieldDeclaration>>();
  const type = typeOf(schema, isRoot, "selfType", types);
  return type && { type, provider: { fields: (name) => types.get(name) } };
}

type TypeFields = Map<string, ReadonlyMap<string, FieldDeclaration>>;

function typeOf(
  schema: JSONSchemaProps,
  isRoot: boolean,
  name: string,
  types: TypeFields,
): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) return dyn;
  switch (schema.type) {
    case "array": {
      const { items } = schema;
      if (items === undefined || Array.isArray(items)) return undefined;
      const element = nestedType(items, `${name}.@idx`, types);
      return element && listOf(element);
    }
    case "object":
      return objectType(schema, isRoot, name, types);
    case "string":
      return textTypes[schema.format ?? ""] ?? string;
    case "boolean":
      return bool;
    case "number":
      return double;
    case "integer":
      return int;
    default:
      return undefined;
  }
}

const textTypes: Readonly<Record<string, CelType>> = {
  byte: bytes,
  duration,
  date: timestamp,
  "date-time": timestamp,
};

const nestedType = (
  schema: JSONSchemaProps,
  name: string,
  types: TypeFields,
): CelType | undefined =>
  typeOf(schema, schema["x-kubernetes-embedded-resource"] === true, name, types);

function objectType(
  schema: JSONSchemaProps,
  isRoot: boolean,
  name: string,
  types: TypeFields,
): CelType | undefined {
  const { additionalProperties: more } = schema;
  if (typeof more === "object" && !isRoot) {
    const value = nestedType(more, `${name}.@elem`, types);
    return value && mapOf(string, value);
  }
  const properties = { ...schema.properties, ...(isRoot ? ofEveryObject : {}) };
  const fields = new Map<string, FieldDeclaration>();
  for (const [property, below] of Object.entries(properties)) {
    const field = escaped(property);
    const type = field && nestedType(below, `${name}.${field}`, types);
    if (field && type) fields.set(field, { type, property });
  }
  types.set(name, fields);
  return objectOf(name);
}

const text: JSONSchemaProps = { type: "string" };
const ofEveryObject: Readonly<Record<string, JSONSchemaProps>> = {
  apiVersion: text,
  kind: text,
  metadata: { type: "object", properties: { name: text, generateName: text } },
};

const reserved: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "in", "as", "break", "const", "continue", "else", "for"],
  ...["function", "if", "import", "let", "loop", "package", "namespace", "return", "var"],
  ...["void", "while"],
]);

const escapes: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The name of a property in an expression; undefined for one that has none. */
function escaped(property: string): string | undefined {
  if (!/^[a-zA-Z_.\-/][a-zA-Z0-9_.\-/]*$/.test(property)) return undefined;
  if (reserved.has(property)) return `__${property}__`;
  return property.replace(/__|[-./]/g, (part) => escapes[part] ?? part);
}

/** `self` and `oldSelf` of rules; there may be no `oldSelf` for those that allow that. */
export function ruleEnvironment({ type, provider }: SchemaTypes, isOptional: boolean): Environment {
  const oldSelf = isOptional ? optionalOf(type) : type;
  return kubernetes.withTypes(provider).withVariables({ self: type, oldSelf });
}
