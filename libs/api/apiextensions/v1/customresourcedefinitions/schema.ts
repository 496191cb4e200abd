/** The schema of one version or of all. */
import type { CustomResourceValidation } from "#proto/gen/k8s/apiextensions/v1.ts";
import { forbidden, invalid, type FieldError } from "../../../errors.ts";
import { validateDefaults } from "../../schema/defaults.ts";
import { goSchema, schemaFields } from "../../schema/goform.ts";
import { sameJson } from "../../schema/json.ts";
import { validateOpenApi } from "../../schema/openapi.ts";
import { structuralReadError, validateStructural } from "../../schema/structural.ts";
import type { Schema } from "../../schema/tree.ts";
import type { SpecOptions } from "./options.ts";

/** Go names of the fields that the root may have beside a status that is written apart. */
const rootFields = [
  ...["Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum"],
  ...["ExclusiveMinimum", "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems"],
  ...["UniqueItems", "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example"],
  ...["XPreserveUnknownFields", "XValidations"],
];

export function validateSchemaField(
  path: string,
  validation: CustomResourceValidation | undefined,
  hasStatus: boolean,
  options: SpecOptions,
): FieldError[] {
  const schema = validation?.openAPIV3Schema;
  if (schema === undefined) return [];
  const at = `${path}.openAPIV3Schema`;
  const errors = hasStatus ? validateRoot(at, schema) : [];
  if (schema.nullable === true) {
    errors.push(forbidden(`${at}.nullable`, "nullable cannot be true at the root"));
  }
  const unreadable = options.requiresStructural ? structuralReadError(schema) : "";
  const isReadable = options.requiresStructural && unreadable === "";
  const shape = isReadable ? validateShape(at, schema, options) : [];
  errors.push(...shape);
  errors.push(...validateOpenApi(at, schema, options, isReadable && shape.length === 0));
  // Told only where nothing else says the same.
  if (errors.length === 0 && unreadable !== "") return [invalid(at, "", unreadable)];
  return errors;
}

function validateShape(at: string, schema: Schema, options: SpecOptions): FieldError[] {
  const errors = validateStructural(schema, at);
  return errors.length > 0 ? errors : validateDefaults(at, schema, options.requiresPrunedDefaults);
}

function validateRoot(at: string, schema: Schema): FieldError[] {
  const empty = goSchema({});
  const form = goSchema(schema);
  for (const [name] of schemaFields) {
    if (sameJson(form[name], empty[name])) continue;
    if (name === "Type") {
      if (schema.type === "object") continue;
      const detail =
        'only "object" is allowed as the type at the root of the schema ' +
        "if the status subresource is enabled";
      return [invalid(`${at}.type`, schema.type, detail)];
    }
    if (rootFields.includes(name)) continue;
    const detail =
      `only [${rootFields.join(" ")}] fields are allowed at the root of the schema ` +
      "if the status subresource is enabled";
    return [invalid(at, form, detail)];
  }
  return [];
}
