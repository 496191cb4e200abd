/** From a request's body to a draft: the typed object that admission and validation work on. */
import { badRequest, StatusError } from "#libs/api/errors.ts";
import { goQuote } from "#libs/api/gotext.ts";
import { type KubeObject, type ResourceDefinition, apiVersionOf } from "#libs/api/resource.ts";
import { readObject, schemaOf, strictProblems } from "#libs/schema/index.ts";
import type { MessageSchema } from "#libs/schema/schema.ts";
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

/** The kind that bodies for a resource are of. */
export const expectedKind = (definition: ResourceDefinition): ExpectedKind => ({
  apiVersion: apiVersionOf(definition),
  kind: definition.kind,
  schema: schemaOf(definition.message),
});

/** A kind that is no resource of its own, by its message: what an action on an object is given. */
export function kindNamed(apiVersion: string, kind: string, message: string): ExpectedKind {
  return { apiVersion, kind, schema: schemaOf(message) };
}

/**
 * Throws BadRequest, worded as Kubernetes, when the body is not of that kind, when a field has the
 * wrong type and, under strict validation, when a field is unknown or stands twice.
 */
export function readDraft(
  expected: ExpectedKind,
  body: Body,
  fieldValidation: FieldValidation,
): Draft {
  const { apiVersion = expected.apiVersion, kind = expected.kind } = typeOf(body.value);
  const version = apiVersion.split("/").at(-1) ?? "";
  const subject = `${kind} in version "${version}"`;
  return readFields(expected, body, fieldValidation, (why) =>
    badRequest(`${subject} cannot be handled as a ${expected.kind}: ${why}`),
  );
}

/**
 * The draft of a subresource's own kind, such as a Binding. Throws BadRequest when it does not name
 * the object that the URL names.
 */
export function readSubresource(
  expected: ExpectedKind,
  { name }: Place,
  body: Body,
  fieldValidation: FieldValidation,
): Draft {
  const draft = readDraft(expected, body, fieldValidation);
  if ((draft.object.metadata?.name ?? "") === name) return draft;
  throw badRequest(`name in URL does not match name in ${expected.kind} object`);
}

/** {@link readDraft} with a refusal of its own. */
export function readFields(
  expected: ExpectedKind,
  body: Body,
  fieldValidation: FieldValidation,
  refuse: (why: string) => StatusError,
): Draft {
  checkKind(expected, body, refuse);
  const { object, unknown } = readTyped(expected.schema, body, refuse);
  const odd = oddFields(expected.schema, body, unknown);
  if (odd.length === 0 || fieldValidation === "Ignore") return { object, warnings: [] };
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${odd.join(", ")}`);
  return { object, warnings: odd.slice(0, shownMax) };
}

/** What strict decoding says against the body, in the order of its text where there is one. */
function oddFields(
  schema: MessageSchema,
  { duplicates, text }: Body,
  unknown: readonly string[],
): readonly string[] {
  if (duplicates.length + unknown.length === 0) return [];
  if (text !== undefined && duplicates.length > 0) return strictProblems(schema, text);
  return [...duplicates, ...unknown.map((path) => `unknown field ${goQuote(path)}`)];
}

function readTyped(
  schema: MessageSchema,
  { value, canonical }: Body,
  refuse: (why: string) => StatusError,
): { readonly object: KubeObject; readonly unknown: readonly string[] } {
  if (canonical) return { object: value as KubeObject, unknown: [] };
  try {
    const { object, unknown } = readObject(schema, value);
    keepReset(object as KubeObject, value);
    keepEmptyLists(object, value);
    return { object: object as KubeObject, unknown };
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

/** An empty list of managed fields means something: tracking shall begin anew. */
function keepReset(object: KubeObject, value: unknown): void {
  const { metadata } = (value ?? {}) as { metadata?: { managedFields?: unknown } | null };
  const sent = metadata?.managedFields;
  if (Array.isArray(sent) && sent.length === 0) metadataOf(object).managedFields = [];
}

/**
 * Where Go writes a list even when it is nil, a sent empty one is not nil until it is stored: its
 * writer owns it.
 */
function keepEmptyLists(object: unknown, value: unknown): void {
  if (typeof object !== "object" || object === null) return;
  if (typeof value !== "object" || value === null) return;
  const target = object as Record<string, unknown>;
  for (const [key, sent] of Object.entries(value)) {
    if (typeof sent !== "object" || sent === null || !Object.hasOwn(target, key)) continue;
    if (target[key] !== null) keepEmptyLists(target[key], sent);
    else if (Array.isArray(sent) && sent.length === 0) target[key] = [];
  }
}

/** A body may leave out what it is; what it says must fit. */
function checkKind(
  expected: ExpectedKind,
  { value }: Body,
  refuse: (why: string) => StatusError,
): void {
  const { apiVersion = expected.apiVersion, kind = expected.kind } = typeOf(value);
  if (apiVersion !== expected.apiVersion) {
    throw refuse(
      `no kind "${kind}" is registered for version "${apiVersion}" ` +
        'in scheme "pkg/api/legacyscheme/scheme.go:30"',
    );
  }
  if (kind === expected.kind) return;
  const version = apiVersion.split("/").at(-1) ?? "";
  throw refuse(`converting (${version}.${kind}) to (core.${expected.kind}): unknown conversion`);
}

/** apiVersion and kind as a body gives them; what is missing or empty is undefined. */
function typeOf(value: unknown): { apiVersion?: string; kind?: string } {
  const { apiVersion, kind } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown };
  return {
    ...(typeof apiVersion === "string" && apiVersion !== "" ? { apiVersion } : {}),
    ...(typeof kind === "string" && kind !== "" ? { kind } : {}),
  };
}

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
