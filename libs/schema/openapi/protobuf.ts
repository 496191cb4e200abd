/** OpenAPI v2 documents as protobuf, which kubectl up to 1.28 needs for apply and explain. */
import type {
  Document,
  NamedAny,
  NamedSchema,
  Operation,
  Parameter,
  ParametersItem,
  PathItem,
  Responses,
  Schema,
} from "#proto/gen/kubus/openapi/v2.ts";
import { codecOf } from "../codec.ts";
import type { Encodable } from "../schema.ts";

/** How clients ask for these documents. */
export const openApiV2Accepted = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/** The content type of the answer, which differs because media types may not have an `@`. */
export const openApiV2ContentType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

type Json = Readonly<Record<string, unknown>>;

/** The document that is given as JSON. What kubectl does not know of is left out. */
export function encodeOpenApiV2(document: object): Uint8Array {
  const { swagger, info, paths, definitions } = document as Readonly<Record<string, Json>>;
  return codecOf<Document>("kubus.openapi.v2.Document").encode({
    swagger: textOf(swagger),
    info: { title: textOf(info?.["title"]), version: textOf(info?.["version"]) },
    paths: {
      path: entries(paths).map(([name, value]) => ({ name, value: pathItem(value) })),
    },
    definitions: { additionalProperties: namedSchemas(definitions) },
  });
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const entries = (value: unknown): [string, Json][] =>
  Object.entries((value ?? {}) as Record<string, Json>);
const yaml = (value: unknown) => ({ yaml: JSON.stringify(value) });

function pathItem(item: Json): Encodable<PathItem> {
  const methods = ["get", "put", "post", "delete", "patch"].filter((name) => item[name]);
  return {
    ...Object.fromEntries(methods.map((name) => [name, operation(item[name] as Json)])),
    parameters: listOf(item["parameters"]).map(parametersItem),
  };
}

function operation(given: Json): Encodable<Operation> {
  return {
    tags: textsOf(given["tags"]),
    description: textOf(given["description"]),
    operationId: textOf(given["operationId"]),
    produces: textsOf(given["produces"]),
    consumes: textsOf(given["consumes"]),
    schemes: textsOf(given["schemes"]),
    parameters: listOf(given["parameters"]).map(parametersItem),
    responses: responses(given["responses"]),
    vendorExtension: extensions(given),
  };
}

const parametersItem = (given: Json): Encodable<ParametersItem> => ({
  parameter: parameter(given),
});

function parameter(given: Json): Encodable<Parameter> {
  const place = textOf(given["in"]);
  const named = {
    name: textOf(given["name"]),
    in: place,
    description: textOf(given["description"]),
    required: given["required"] === true,
  };
  if (place === "body") return { bodyParameter: { ...named, schema: schema(given["schema"]) } };
  const typed = {
    ...named,
    type: textOf(given["type"]),
    uniqueItems: given["uniqueItems"] === true,
  };
  return place === "path"
    ? { nonBodyParameter: { pathParameterSubSchema: typed } }
    : { nonBodyParameter: { queryParameterSubSchema: typed } };
}

function responses(given: unknown): Encodable<Responses> {
  return {
    responseCode: entries(given).map(([name, { description, schema: answer }]) => ({
      name,
      value: {
        response: {
          description: textOf(description),
          schema: answer === undefined ? undefined : { schema: schema(answer) },
        },
      },
    })),
  };
}

function schema(given: unknown): Encodable<Schema> {
  const { $ref, format, description, type, required, items, properties, ...rest } = given as Json;
  const { enum: words, additionalProperties } = rest;
  return {
    ref: textOf($ref),
    format: textOf(format),
    description: textOf(description),
    required: textsOf(required),
    enum: textsOf(words).map(yaml),
    type: type === undefined ? undefined : { value: [textOf(type)] },
    items: items === undefined ? undefined : { schema: [schema(items)] },
    properties:
      properties === undefined ? undefined : { additionalProperties: namedSchemas(properties) },
    additionalProperties:
      additionalProperties === undefined ? undefined : { schema: schema(additionalProperties) },
    vendorExtension: extensions(rest),
  };
}

const namedSchemas = (given: unknown): Encodable<NamedSchema>[] =>
  entries(given).map(([name, value]) => ({ name, value: schema(value) }));

function extensions(given: Json): Encodable<NamedAny>[] {
  return Object.entries(given)
    .filter(([name]) => name.startsWith("x-"))
    .map(([name, value]) => ({ name, value: yaml(value) }));
}
