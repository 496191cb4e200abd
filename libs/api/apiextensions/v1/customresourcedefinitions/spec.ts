/** The spec of a definition. */
import type { CustomResourceDefinitionSpec } from "#proto/gen/k8s/apiextensions/v1.ts";
import { invalid, notSupported, required, type FieldError } from "../../../errors.ts";
import { printable } from "../../../gotext.ts";
import { dns1123SubdomainErrors } from "../../../names.ts";
import { schemaHas, type Schema } from "../../schema/tree.ts";
import { validateConversion } from "./conversion.ts";
import { goVersions } from "./goform.ts";
import { labelErrors, requiredNames, validateNames } from "./names.ts";
import type { SpecOptions } from "./options.ts";
import { columnFields, selectableFieldsOf, subresourceFields } from "./paths.ts";
import { validateSchemaField } from "./schema.ts";
import { viewOf, type SpecView, type VersionView } from "./view.ts";

const scopes = ["Cluster", "Namespaced"];

export function validateSpec(spec: CustomResourceDefinitionSpec, asked: SpecOptions): FieldError[] {
  const view = viewOf(spec);
  // Unknown fields are pruned and defaults are filled in by structural schemas only.
  const options = view.preservesUnknown ? asked : { ...asked, requiresStructural: true };
  const hasStatus = [view, ...(view.versions ?? [])].some(
    ({ subresources }) => subresources?.status !== undefined,
  );
  return [
    ...groupField("spec.group", view.group),
    ...scopeField("spec.scope", view.scope),
    ...schemaFields(view, options),
    ...defaultFields(view),
    ...(view.versions ?? []).flatMap((version, index) =>
      validateVersion(`spec.versions[${index}]`, version, view, options),
    ),
    ...versionFields(view),
    ...requiredNames("spec.names", view.names),
    ...validateNames("spec.names", view.names),
    ...validateSchemaField("spec.validation", view.validation, hasStatus, options),
    ...subresourceFields("spec.subresources", view.subresources),
    ...columnFields("spec.additionalPrinterColumns", view.columns),
    ...selectableFieldsOf(
      "spec.selectableFields",
      view.selectableFields,
      view.validation?.openAPIV3Schema,
      {
        schemaPath: "spec.schema.openAPIV3Schema",
        missing: "may only be set when validations.schema is included",
        allowsMany: options.manySelectable.has(view.version),
      },
    ),
    ...conversionFields(spec, view, options),
  ];
}

function groupField(path: string, group: string): FieldError[] {
  if (group === "") return [required(path, "")];
  const texts = dns1123SubdomainErrors(group);
  if (texts.length > 0) return [invalid(path, group, texts.join(","))];
  if (group.includes(".")) return [];
  return [invalid(path, group, "should be a domain with at least one dot")];
}

function scopeField(path: string, scope: string): FieldError[] {
  if (scope === "") return [required(path, "")];
  return scopes.includes(scope) ? [] : [notSupported(path, scope, scopes)];
}

/** Every version has a schema; of what was stored without, those that are served. */
function schemaFields(view: SpecView, { requiresSchema }: SpecOptions): FieldError[] {
  if (view.validation?.openAPIV3Schema !== undefined) return [];
  if (!requiresSchema && view.preservesUnknown) return [];
  const detail = requiresSchema ? "" : "because otherwise all fields are pruned";
  return (view.versions ?? []).flatMap(({ schema, served }, index) => {
    if (schema?.openAPIV3Schema !== undefined || !(requiresSchema || served)) return [];
    return [required(`spec.versions[${index}].schema.openAPIV3Schema`, detail)];
  });
}

function defaultFields(view: SpecView): FieldError[] {
  const hasDefault = ({ default: value }: Schema) => value !== undefined && value !== null;
  const schemas = [view.validation, ...(view.versions ?? []).map(({ schema }) => schema)];
  const isUsed = schemas.some((one) => schemaHas(one?.openAPIV3Schema, hasDefault));
  if (!view.preservesUnknown || !isUsed) return [];
  const detail = "must be false in order to use defaults in the schema";
  return [invalid("spec.preserveUnknownFields", true, detail)];
}

function validateVersion(
  path: string,
  version: VersionView,
  view: SpecView,
  options: SpecOptions,
): FieldError[] {
  const { deprecationWarning: warning } = version;
  const views = view.versions ?? [];
  const isPerVersion = views.some(({ subresources }) => subresources !== undefined);
  const subresources = isPerVersion
    ? views.find(({ name }) => name === version.name)?.subresources
    : view.subresources;
  const hasStatus = subresources?.status !== undefined;
  return [
    ...labelErrors(`${path}.name`, version.name),
    ...warningErrors(version.deprecated, warning).map((text) =>
      invalid(`${path}.deprecationWarning`, warning, text),
    ),
    ...validateSchemaField(`${path}.schema`, version.schema, hasStatus, options),
    ...subresourceFields(`${path}.subresources`, version.subresources),
    ...columnFields(`${path}.additionalPrinterColumns`, version.columns),
    ...selectableFieldsOf(
      `${path}.selectableFields`,
      version.selectableFields,
      version.schema?.openAPIV3Schema,
      {
        schemaPath: `${path}.schema.openAPIV3Schema`,
        missing: "may only be set when `version.schema.openAPIV3Schema` is not included",
        allowsMany: options.manySelectable.has(version.name),
      },
    ),
  ];
}

const warningBytesMax = 256;

function warningErrors(isDeprecated: boolean, warning: string | undefined): string[] {
  if (warning === undefined) return [];
  if (!isDeprecated) return ["can only be set for deprecated versions"];
  const errors: string[] = [];
  if (Buffer.byteLength(warning) > warningBytesMax) errors.push("must be <= 256 characters long");
  if (warning === "") errors.push("must not be an empty string");
  let place = 0;
  for (const char of warning) {
    if (!printable.test(char)) {
      const where = `non-printable character found at index ${place}`;
      return [...errors, `must only contain printable UTF-8 characters; ${where}`];
    }
    place += Buffer.byteLength(char);
  }
  return errors;
}

function versionFields({ versions, version }: SpecView): FieldError[] {
  const names = (versions ?? []).map(({ name }) => name);
  const errors: FieldError[] = [];
  if (new Set(names).size < names.length) {
    const detail = "must contain unique version names";
    errors.push(invalid("spec.versions", goVersions(versions), detail));
  }
  if ((versions ?? []).filter(({ storage }) => storage).length !== 1) {
    const detail = "must have exactly one version marked as storage version";
    errors.push(invalid("spec.versions", goVersions(versions), detail));
  }
  return version === "" ? errors : [...errors, ...labelErrors("spec.version", version)];
}

function conversionFields(
  { conversion }: CustomResourceDefinitionSpec,
  { preservesUnknown }: SpecView,
  { requiresKnownReview }: SpecOptions,
): FieldError[] {
  if (conversion === undefined) return [];
  const { strategy = "" } = conversion;
  const errors = validateConversion("spec.conversion", conversion, requiresKnownReview);
  if (!preservesUnknown || strategy === "None") return errors;
  const detail = "must be None if spec.preserveUnknownFields is true";
  return [invalid("spec.conversion.strategy", strategy, detail), ...errors];
}
