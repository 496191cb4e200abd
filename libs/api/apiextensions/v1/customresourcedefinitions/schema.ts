/** The schema of one version or of all. */
import type { CustomResourceValidation } from "#proto/gen/k8s/apiextensions/v1.ts";
import { forbidden, invalid, type FieldError } from "../../../errors.ts";
import { validateDefaults } from "../../schema/defaults.ts";
import { sameJson } from "../../schema/json.ts";
import { validateOpenApi } from "../../schema/openapi.ts";
import { structuralReadError, validateStructural } from "../../schema/structural.ts";
import type { Schema } from "../../schema/tree.ts";
import { goSchema, schemaFields } from "./goform.ts";
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
  if (options.requiresStructural && unreadable === "") {
    const shape = validateStructural(schema, at);
    errors.push(
      ...(shape.length > 0 ? shape : validateDefaults(at, schema, options.requiresPrunedDefaults)),
    );
  }
  errors.push(...validateOpenApi(at, schema, options));
  // Told only where nothing else says the same.
  if (errors.length === 0 && unreadable !== "") return [invalid(at, "", unreadable)];
  return errors;
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
