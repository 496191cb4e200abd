/**
 * Why a patched object is none of its type, in the words of apimachinery's converter from
 * unstructured objects: strategic merge patches are not decoded from text.
 */
import type { FieldSchema, MessageSchema } from "#libs/schema/schema.ts";
import { goJsonType, isList, isObject } from "../json-value.ts";

/** The first error in the order of the type's fields; undefined where this converter has none. */
export function restoreError(schema: MessageSchema, value: unknown): string | undefined {
  if (value === null || value === undefined || schema.form !== "struct") return undefined;
  if (!isObject(value)) return `cannot restore struct from: ${goKind(value)}`;
  for (const [name, field] of schema.byJsonName) {
    if (!Object.hasOwn(value, name)) continue;
    const error = fieldError(field, value[name]);
    if (error !== undefined) return error;
  }
  return undefined;
}

function fieldError(field: FieldSchema, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (field.cardinality) {
    case "list":
      if (!isList(value)) return `cannot restore slice from ${goKind(value)}`;
      return firstError(field, value);
    case "map":
      if (!isObject(value)) return `cannot restore map from ${goKind(value)}`;
      return firstError(field, Object.values(value));
    case "single":
      return valueError(field, value);
  }
}

function firstError(field: FieldSchema, values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const error = valueError(field, value);
    if (error !== undefined) return error;
  }
  return undefined;
}

function valueError(field: FieldSchema, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (field.message) return restoreError(field.message, value);
  const given = goKind(value);
  switch (field.kind) {
    case "string":
    case "enum":
      if (given === "string") return undefined;
      // Go can make a string of an integer (its rune), but not of anything else.
      return given === "int64" ? "cannot convert int64 to string" : "unrecognized type: string";
    case "bool":
      return given === "bool" ? undefined : "unrecognized type: bool";
    case "bytes":
      return given === "string" ? undefined : `cannot restore slice from ${given}`;
    default:
      if (given === "int64") return undefined;
      if (given !== "float64") return `unrecognized type: ${numberType(field)}`;
      if (field.kind === "double") return undefined;
      return `cannot convert float64 to ${numberType(field)}`;
  }
}

const numberType = ({ kind }: FieldSchema) => (kind === "double" ? "float64" : kind);

function goKind(value: unknown): string {
  if (typeof value === "bigint") return "int64";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  const kinds: Readonly<Record<string, string>> = { array: "slice", object: "map" };
  const type = goJsonType(value);
  return kinds[type] ?? type;
}
