/**
 * Messages as OpenAPI schemas: what kubectl's explain, patches and validation read. The shape of
 * the documents is that of kube-openapi.
 */
import type { FieldSchema, MessageSchema } from "../schema.ts";
import { schemaOf } from "../schemas.ts";
import { type Dialect, v2, v3 } from "./dialect.ts";

/** Schemas by OpenAPI name, e.g. `io.k8s.api.core.v1.Pod`. */
export type OpenApiSchemas = Record<string, OpenApiSchema>;
export type OpenApiSchema = Record<string, unknown>;

export interface OpenApiOptions {
  /** What messages of every group (DeleteOptions, WatchEvent) are a kind of. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
}

/**
 * `components.schemas` of an OpenAPI v3 document: the named messages (`k8s.core.v1.Pod`) and all
 * that they refer to. Messages without an OpenAPI name are described where they are used.
 */
export function openApiSchemas(
  messages: Iterable<string>,
  options: OpenApiOptions = { groupVersions: [] },
): OpenApiSchemas {
  return collect(messages, v3, options);
}

/** `definitions` of an OpenAPI v2 document. */
export function openApiDefinitions(
  messages: Iterable<string>,
  options: OpenApiOptions = { groupVersions: [] },
): OpenApiSchemas {
  return collect(messages, v2, options);
}

function collect(
  messages: Iterable<string>,
  dialect: Dialect,
  options: OpenApiOptions,
): OpenApiSchemas {
  const schemas = new Map<string, OpenApiSchema>();
  const waiting = [...messages].map(schemaOf);
  for (let message = waiting.pop(); message; message = waiting.pop()) {
    if (message.openapi === undefined || schemas.has(message.openapi)) continue;
    const mention = (other: MessageSchema) => void waiting.push(other);
    schemas.set(message.openapi, { ...messageSchema(message, dialect, mention, options) });
  }
  return Object.fromEntries([...schemas].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

type Mention = (message: MessageSchema) => void;

function messageSchema(
  message: MessageSchema,
  dialect: Dialect,
  mention: Mention,
  { groupVersions }: OpenApiOptions,
): OpenApiSchema {
  const form = dialect.form(message.form);
  if (form) return { ...described(message), ...form };
  const properties: Record<string, OpenApiSchema> = {};
  const required: string[] = [];
  if (message.typeMeta) Object.assign(properties, typeMeta);
  for (const field of flattened(message)) {
    properties[field.name] = fieldSchema(field, dialect, mention);
    if (field.required) required.push(field.name);
  }
  const kinds = message.everyGroup
    ? groupVersions.map((one) => ({ ...one, kind: message.shortName }))
    : message.gvk
      ? [message.gvk]
      : [];
  return {
    ...described(message),
    type: "object",
    ...(required.length > 0 ? { required: required.toSorted() } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(kinds.length > 0 ? { "x-kubernetes-group-version-kind": kinds } : {}),
    ...(message.mapType ? { "x-kubernetes-map-type": message.mapType } : {}),
    ...(message.union ? { "x-kubernetes-unions": [unionSchema(message.union)] } : {}),
  };
}

const typeMeta: Readonly<Record<string, OpenApiSchema>> = {
  apiVersion: {
    description: "Group and version of the API that this object is written for.",
    type: "string",
  },
  kind: { description: "Kind of the object, in CamelCase.", type: "string" },
};

function* flattened({ fields }: MessageSchema): Generator<FieldSchema> {
  for (const field of fields) {
    if (field.inline && field.message) yield* flattened(field.message);
    else yield field;
  }
}

const described = ({ description }: { readonly description: string }): OpenApiSchema =>
  description === "" ? {} : { description };

function unionSchema({ discriminator, fields }: NonNullable<MessageSchema["union"]>): object {
  return {
    ...(discriminator === undefined ? {} : { discriminator }),
    "fields-to-discriminateBy": fields,
  };
}

function fieldSchema(field: FieldSchema, dialect: Dialect, mention: Mention): OpenApiSchema {
  const value = valueSchema(field, dialect, mention);
  return {
    ...shaped(field, value, dialect),
    ...described(field),
    ...extensions(field),
  };
}

function shaped(field: FieldSchema, value: OpenApiSchema, dialect: Dialect): OpenApiSchema {
  const { cardinality, pointer, always, message } = field;
  if (cardinality === "list") return { type: "array", items: dialect.withZero(value, field) };
  if (cardinality === "map") {
    return { type: "object", additionalProperties: dialect.withZero(value, field) };
  }
  if (field.default !== undefined) return dialect.withDefault(value, field.default);
  const isPlain = !pointer && (always || message !== undefined);
  const zeroed = isPlain ? dialect.withZero(value, field) : value;
  return field.description === "" ? zeroed : dialect.describable(zeroed);
}

/** Of a single value: an item's, when the field is a list or map. */
function valueSchema(field: FieldSchema, dialect: Dialect, mention: Mention): OpenApiSchema {
  const { kind, message } = field;
  if (!message) return { ...scalarSchemas[kind], ...(field.enum ? { enum: field.enum } : {}) };
  if (message.openapi === undefined) return unnamed(message);
  mention(message);
  return { $ref: `${dialect.references}${message.openapi}` };
}

const scalarSchemas: Readonly<Record<string, OpenApiSchema>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

function unnamed({ name, form }: MessageSchema): OpenApiSchema {
  if (form === "stringList") return { type: "array", items: { type: "string" } };
  if (form === "duration") return { type: "string" };
  if (form === "rawJson") return {};
  throw new Error(`${name} has no OpenAPI name`);
}

function extensions(field: FieldSchema): OpenApiSchema {
  const { patchStrategy, patchMergeKey, listType, listMapKeys, mapType } = field;
  return {
    ...(patchStrategy.length > 0 ? { "x-kubernetes-patch-strategy": patchStrategy.join(",") } : {}),
    ...(patchMergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": patchMergeKey }),
    ...(listType === undefined ? {} : { "x-kubernetes-list-type": listType }),
    ...(listMapKeys.length > 0 ? { "x-kubernetes-list-map-keys": listMapKeys } : {}),
    ...(mapType === undefined ? {} : { "x-kubernetes-map-type": mapType }),
  };
}
