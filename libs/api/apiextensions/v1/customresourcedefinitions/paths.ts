/** Columns, the scale and selectable fields: what says paths into the objects. */
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  SelectableField,
} from "#proto/gen/k8s/apiextensions/v1.ts";
import { duplicate, invalid, required, tooMany, type FieldError } from "../../../errors.ts";
import { findField } from "../../schema/fieldpath.ts";
import { structuralReadError } from "../../schema/structural.ts";
import type { Schema } from "../../schema/tree.ts";

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = [
  ...["byte", "date", "date-time", "double", "float", "int32", "int64", "password"],
];

export function columnFields(
  path: string,
  columns: readonly CustomResourceColumnDefinition[],
): FieldError[] {
  return columns.flatMap(({ name = "", type = "", format = "", jsonPath = "" }, index) => {
    const at = `${path}[${index}]`;
    const known = `must be one of ${columnTypes.join(",")}`;
    const errors = name === "" ? [required(`${at}.name`, "")] : [];
    if (type === "") errors.push(required(`${at}.type`, known));
    else if (!columnTypes.includes(type)) errors.push(invalid(`${at}.type`, type, known));
    if (format !== "" && !columnFormats.includes(format)) {
      const detail = `must be one of ${columnFormats.join(",")}`;
      errors.push(invalid(`${at}.format`, format, detail));
    }
    return [...errors, ...requiredPath(`${at}.JSONPath`, jsonPath)];
  });
}

const requiredPath = (at: string, path: string): FieldError[] =>
  path === "" ? [required(at, "")] : simplePath(at, path);

const simplePath = (at: string, path: string): FieldError[] =>
  path.startsWith(".") ? [] : [invalid(at, path, "must be a simple json path starting with .")];

export function subresourceFields(
  path: string,
  subresources: CustomResourceSubresources | undefined,
): FieldError[] {
  const { scale } = subresources ?? {};
  if (scale === undefined) return [];
  const { specReplicasPath = "", statusReplicasPath = "", labelSelectorPath = "" } = scale;
  return [
    ...placedPath(`${path}.scale.specReplicasPath`, specReplicasPath, [".spec"], ".spec"),
    ...placedPath(`${path}.scale.statusReplicasPath`, statusReplicasPath, [".status"], ".status"),
    ...(labelSelectorPath === ""
      ? []
      : placedPath(
          `${path}.scale.labelSelectorPath`,
          labelSelectorPath,
          [".spec", ".status"],
          "either .spec or .status",
        )),
  ];
}

function placedPath(
  at: string,
  path: string,
  roots: readonly string[],
  where: string,
): FieldError[] {
  const errors = requiredPath(at, path);
  if (errors.length > 0 || roots.some((root) => path.startsWith(`${root}.`))) return errors;
  return [invalid(at, path, `should be a json path under ${where}`)];
}

const fieldsMax = 8;
const selectableTypes: readonly string[] = ["string", "boolean", "integer"];

export function selectableFields(
  path: string,
  fields: readonly SelectableField[],
  schema: Schema,
  allowsMany: boolean,
): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath = "" }, index) => {
    const at = `${path}[${index}].jsonPath`;
    if (jsonPath === "") return [required(at, "")];
    const found = findField(jsonPath, schema, false);
    if (typeof found === "string") {
      return [invalid(at, jsonPath, `is an invalid path: ${found}`)];
    }
    const refused: FieldError[] = [];
    if (found.root === "metadata") {
      refused.push(invalid(at, jsonPath, "must not point to fields in metadata"));
    }
    if (!selectableTypes.includes(found.schema.type ?? "")) {
      const detail =
        "must point to a field of type string, boolean or integer. " +
        "Enum string fields and strings with formats are allowed.";
      refused.push(invalid(at, jsonPath, detail));
    }
    if (seen.has(found.path)) refused.push(duplicate(at, jsonPath));
    seen.add(found.path);
    return refused;
  });
  return seen.size > fieldsMax && !allowsMany
    ? [...errors, tooMany(path, seen.size, fieldsMax)]
    : errors;
}

/** Selectable fields of a schema that may not be there or not be one that can be followed. */
export function selectableFieldsOf(
  path: string,
  fields: readonly SelectableField[],
  schema: Schema | undefined,
  { schemaPath, missing, allowsMany }: SelectablePlace,
): FieldError[] {
  if (fields.length === 0) return [];
  if (schema === undefined) return [invalid(path, "", missing)];
  const broken = structuralReadError(schema);
  return [
    ...(broken === "" ? [] : [invalid(schemaPath, "", broken)]),
    ...selectableFields(path, fields, schema, allowsMany),
  ];
}

interface SelectablePlace {
  readonly schemaPath: string;
  /** What is said where there is no schema. */
  readonly missing: string;
  /** More of them than there may be stood here already. */
  readonly allowsMany: boolean;
}
