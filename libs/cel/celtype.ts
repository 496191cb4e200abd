/** Types of CEL expressions, and the words that Kubernetes' messages use for them. */

export type ScalarKind =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "null"
  | "duration"
  | "timestamp";

export type CelType =
  | { readonly kind: ScalarKind }
  /** Anything: what it is shows when it is evaluated. */
  | { readonly kind: "dyn" }
  /** Of an expression that was already complained about. */
  | { readonly kind: "error" }
  | { readonly kind: "list"; readonly element: CelType }
  | { readonly kind: "map"; readonly key: CelType; readonly value: CelType }
  /** Has fields, which the environment's {@link TypeProvider} knows. */
  | { readonly kind: "object"; readonly name: string }
  /** Has functions only, such as a quantity. */
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: readonly CelType[] }
  | { readonly kind: "type"; readonly of?: CelType }
  /** Stands for a type inside the signature of one function, or is still to be found out. */
  | { readonly kind: "parameter"; readonly name: string };

export const bool: CelType = { kind: "bool" };
export const int: CelType = { kind: "int" };
export const uint: CelType = { kind: "uint" };
export const double: CelType = { kind: "double" };
export const string: CelType = { kind: "string" };
export const bytes: CelType = { kind: "bytes" };
export const nullType: CelType = { kind: "null" };
export const duration: CelType = { kind: "duration" };
export const timestamp: CelType = { kind: "timestamp" };
export const dyn: CelType = { kind: "dyn" };
export const errorType: CelType = { kind: "error" };
export const anyType: CelType = { kind: "type" };

export const listOf = (element: CelType): CelType => ({ kind: "list", element });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: "map", key, value });
export const objectOf = (name: string): CelType => ({ kind: "object", name });
export const opaqueOf = (name: string, ...parameters: CelType[]): CelType => ({
  kind: "opaque",
  name,
  parameters,
});
export const typeOf = (of: CelType): CelType => ({ kind: "type", of });
export const parameter = (name: string): CelType => ({ kind: "parameter", name });
export const optionalOf = (of: CelType): CelType => opaqueOf("optional_type", of);

export interface FieldDeclaration {
  readonly type: CelType;
  /** Key of the field in JSON, where it is not the field's name. */
  readonly property?: string;
}

/** Says which fields the object types of an environment have. */
export interface TypeProvider {
  /** Undefined when there is no such type. */
  fields(typeName: string): ReadonlyMap<string, FieldDeclaration> | undefined;
}

/** As cel-go writes types in its messages: `map(string, int)`. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case "error":
      return "!error!";
    case "list":
      return `list(${formatType(type.element)})`;
    case "map":
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case "object":
    case "parameter":
      return type.name;
    case "opaque":
      if (type.parameters.length === 0) return type.name;
      return `${type.name}(${type.parameters.map(formatType).join(", ")})`;
    case "type":
      return type.of ? `type(${formatType(type.of)})` : "type";
    default:
      return type.kind;
  }
}

/** The arguments of a call, or of a member call with its target in front. */
export function formatArguments(types: readonly CelType[], isMember: boolean): string {
  const [target, ...rest] = types;
  if (isMember && target) return `${formatType(target)}.(${rest.map(formatType).join(", ")})`;
  return `(${types.map(formatType).join(", ")})`;
}

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  const [as, bs] = [partsOf(a), partsOf(b)];
  if (nameOf(a) !== nameOf(b) || as.length !== bs.length) return false;
  return as.every((part, index) => sameType(part, bs[index] ?? errorType));
}

/** The types that a type is made of. */
export function partsOf(type: CelType): readonly CelType[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "map":
      return [type.key, type.value];
    case "opaque":
      return type.parameters;
    case "type":
      return type.of ? [type.of] : [];
    default:
      return [];
  }
}

/** The same type, of other parts. */
export function withParts(type: CelType, parts: readonly CelType[]): CelType {
  const [first = dyn, second = dyn] = parts;
  switch (type.kind) {
    case "list":
      return listOf(first);
    case "map":
      return mapOf(first, second);
    case "opaque":
      return { ...type, parameters: parts };
    case "type":
      return parts.length > 0 ? typeOf(first) : type;
    default:
      return type;
  }
}

const nameOf = (type: CelType) => ("name" in type ? type.name : "");
