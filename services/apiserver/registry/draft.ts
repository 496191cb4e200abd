/** From a request's body to a draft: the typed object that admission and validation work on. */
import { badRequest, StatusError } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { readObject, schemaOf } from "#libs/schema/index.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
import { apiVersionOf } from "./cache/version.ts";
import { metadataOf } from "./decide/system.ts";
import type { Body, FieldValidation, Place } from "./request.ts";

/** Kubernetes shows so many of the odd fields of one request. */
const shownMax = 100;

export interface Draft {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

/** A kind that a body may be of: a resource's own, or a subresource's (Scale, Binding). */
export interface ExpectedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly schema: MessageSchema;
}

export const expectedKind = (definition: ResourceDefinition): ExpectedKind => ({
  apiVersion: apiVersionOf(definition),
  kind: definition.kind,
  schema: schemaOf(definition.message),
});

/**
 * Throws BadRequest, worded as Kubernetes, when the body is not of that kind, when a field has the
 * wrong type and, under strict validation, when a field is unknown or stands twice.
 */
export function readDraft(
  { apiVersion, kind, schema }: ExpectedKind,
  body: Body,
  fieldValidation: FieldValidation,
): Draft {
  const given = checkKind(body.value, apiVersion, kind);
  const subject = `${given.kind} in version "${given.version}"`;
  const refuse = (why: string) => badRequest(`${subject} cannot be handled as a ${kind}: ${why}`);
  const { object, unknown, duplicates } = readTyped(schema, body, refuse);
  const odd = [
    ...body.duplicates,
    ...duplicates.map((path) => `duplicate field "${path}"`),
    ...unknown.map((path) => `unknown field "${path}"`),
  ];
  if (odd.length === 0 || fieldValidation === "Ignore") return { object, warnings: [] };
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${odd.join(", ")}`);
  return { object, warnings: odd.slice(0, shownMax) };
}

interface TypedBody {
  readonly object: KubeObject;
  readonly unknown: readonly string[];
  readonly duplicates: readonly string[];
}

function readTyped(
  schema: MessageSchema,
  { value, canonical }: Body,
  refuse: (why: string) => StatusError,
): TypedBody {
  if (canonical) return { object: value as KubeObject, unknown: [], duplicates: [] };
  try {
    const { object, unknown } = readObject(schema, value);
    return { object: object as KubeObject, unknown, duplicates: [] };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

/** A body may leave out what it is; what it says must fit. */
function checkKind(
  value: unknown,
  apiVersion: string,
  kind: string,
): { readonly kind: string; readonly version: string } {
  const given = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  const givenVersion = textOr(given.apiVersion, apiVersion);
  const givenKind = textOr(given.kind, kind);
  const version = givenVersion.split("/").at(-1) ?? "";
  if (givenVersion === apiVersion && givenKind === kind) return { kind, version };
  const why =
    givenVersion === apiVersion
      ? `converting (${version}.${givenKind}) to (core.${kind}): unknown conversion`
      : `no kind "${givenKind}" is registered for version "${givenVersion}" ` +
        'in scheme "pkg/api/legacyscheme/scheme.go:30"';
  throw badRequest(
    `${givenKind} in version "${version}" cannot be handled as a ${kind}: ${why}`,
  );
}

const textOr = (value: unknown, fallback: string): string =>
  typeof value === "string" && value !== "" ? value : fallback;

/** Puts the object into the namespace of the request, or refuses one that says otherwise. */
export function placeInNamespace({ definition, namespace }: Place, draft: KubeObject): void {
  const metadata = metadataOf(draft);
  if (definition.scope === "Cluster") {
    delete metadata.namespace;
    return;
  }
  const given = metadata.namespace ?? "";
  if (given === "") metadata.namespace = namespace;
  else if (given !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}

/** Refuses an update of another object than the path names. */
export function checkName({ name }: Place, draft: KubeObject): void {
  const given = metadataOf(draft).name ?? "";
  if (given === "") {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (given !== name) {
    throw badRequest(
      `the name of the object (${given}) does not match the name on the URL (${name})`,
    );
  }
}
