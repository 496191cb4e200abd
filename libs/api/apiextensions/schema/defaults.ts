/** Defaults that schemas state have to fit in their own schemas. */
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { invalid, required, type FieldError } from "../../errors.ts";
import { validateMetadata } from "../../metadata/validate.ts";
import { dns1035LabelErrors } from "../../names.ts";
import { validateRules } from "./evaluate.ts";
import { sameJson } from "./json.ts";
import { prune } from "./prune.ts";
import { itemsOf, propertiesOf, type Schema } from "./tree.ts";
import { validateValue } from "./values.ts";

interface Place {
  readonly path: string;
  /** Fields of apiVersion, kind and metadata have shapes of their own. */
  readonly isMeta: boolean;
  readonly requiresPruned: boolean;
}

/** What is wrong with the defaults of a structural schema. */
export function validateDefaults(
  path: string,
  schema: Schema,
  requiresPruned: boolean,
): FieldError[] {
  const root = { ...schema, "x-kubernetes-embedded-resource": true };
  return validate(root, { path, isMeta: false, requiresPruned });
}

const metaFields: ReadonlySet<string> = new Set(["metadata", "apiVersion", "kind"]);

function validate(schema: Schema, place: Place): FieldError[] {
  const { path, requiresPruned } = place;
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const isMeta = place.isMeta && !isEmbedded;
  const items = itemsOf(schema);
  const below = (step: string, meta: boolean) => ({
    path: `${path}${step}`,
    isMeta: meta,
    requiresPruned,
  });
  return [
    ...(schema.default === undefined || schema.default === null
      ? []
      : validateDefault(schema, { ...place, path: `${path}.default`, isMeta })),
    ...(items === undefined ? [] : validate(items, below(".items", isMeta))),
    ...propertiesOf(schema).flatMap(([name, property]) =>
      validate(
        property,
        below(`.properties[${name}]`, isMeta || (isEmbedded && metaFields.has(name))),
      ),
    ),
  ];
}

function validateDefault(schema: Schema, { path, isMeta, requiresPruned }: Place): FieldError[] {
  const { default: value } = schema;
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const errors: FieldError[] = [];
  if (!isMeta && requiresPruned && !sameJson(prune(value, schema, isEmbedded), value)) {
    errors.push(invalid(path, value, "must not have unknown fields"));
  }
  const odd = isMeta ? [] : validateEmbedded(path, value, schema);
  if (odd.length > 0) return [...errors, ...odd];
  const unfit = validateValue(path, value, schema);
  if (unfit.length > 0) return [...errors, ...unfit];
  const refused = validateRules(path, value, value, schema, isEmbedded);
  // A default comes into new objects, too.
  const asNew = refused.length > 0 ? [] : validateRules(path, value, undefined, schema, isEmbedded);
  return [...errors, ...refused, ...asNew];
}

/** Whole objects inside of a value say what they are. */
export function validateEmbedded(path: string, value: unknown, schema: Schema): FieldError[] {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined) return [];
    return value.flatMap((item, index) => validateEmbedded(`${path}[${index}]`, item, items));
  }
  if (typeof value !== "object" || value === null) return [];
  const fields = Object.entries(value);
  return [
    ...(schema["x-kubernetes-embedded-resource"] === true
      ? validateTypeMeta(path, Object.fromEntries(fields))
      : []),
    ...fields.flatMap(([name, item]) => {
      const property = schema.properties?.[name];
      return property === undefined ? [] : validateEmbedded(`${path}.${name}`, item, property);
    }),
  ];
}

function validateTypeMeta(path: string, fields: Readonly<Record<string, unknown>>): FieldError[] {
  const { apiVersion, kind } = fields;
  return [
    ...("apiVersion" in fields ? [] : [required(`${path}.apiVersion`, "")]),
    ...("kind" in fields ? [] : [required(`${path}.kind`, "")]),
    ...("apiVersion" in fields ? textField(`${path}.apiVersion`, apiVersion, versionErrors) : []),
    ...("kind" in fields ? textField(`${path}.kind`, kind, kindErrors) : []),
    ...metadataFields(`${path}.metadata`, fields["metadata"]),
  ];
}

function metadataFields(path: string, metadata: unknown): FieldError[] {
  if (typeof metadata !== "object" || metadata === null) return [];
  const given: ObjectMeta = { ...metadata };
  const scope = given.namespace ? "Namespaced" : "Cluster";
  // A name may be missing: whoever makes the object gives one.
  const named = { ...given, name: given.name || "fakename" };
  return validateMetadata(named, { scope, nameRule: "pathSegment" }, path);
}

function textField(
  path: string,
  value: unknown,
  errorsOf: (text: string) => readonly string[],
): FieldError[] {
  if (typeof value !== "string") return [invalid(path, value, "must be a string")];
  if (value === "") return [invalid(path, value, "must not be empty")];
  return errorsOf(value).map((text) => invalid(path, value, text));
}

const versionErrors = (text: string): string[] =>
  text.split("/").length > 2 ? [`unexpected GroupVersion string: ${text}`] : [];

function kindErrors(text: string): string[] {
  const errors = dns1035LabelErrors(text.toLowerCase());
  if (errors.length === 0) return [];
  return [`may have mixed case, but should otherwise match: ${errors.join(",")}`];
}
