/** Everything that is served as one OpenAPI v2 document. */
import { openApiDefinitions } from "#libs/schema/openapi/schemas.ts";
import type { Served } from "../http/routes.ts";
import { messagesOf } from "./messages.ts";
import { actionWord, pathObject, pathsOf, type Operation } from "./paths.ts";
import type { Parameter } from "./parameters.ts";

/** The document of all that is served: paths, operations and definitions. */
export function openApiV2(served: Served): object {
  const versions = [...served.values()].flatMap((group) => [...group.values()]);
  const items = versions.flatMap(pathsOf);
  const groupVersions = versions.map(({ group, version }) => ({ group, version }));
  const paths: Record<string, object> = {};
  for (const item of items) paths[item.path] = pathObject(item, operationObject, parameterObject);
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "v1.36.3+kubus" },
    paths,
    definitions: openApiDefinitions(messagesOf(items), { groupVersions }),
  };
}

function operationObject(operation: Operation): object {
  const { id, tag, description, kind, body, bodyTypes, answer, answerTypes } = operation;
  const parameters = operation.parameters.map(parameterObject);
  const bodyParameter = { name: "body", in: "body", required: true, schema: schemaOf(body) };
  const ok = { description: "OK", schema: schemaOf(answer) };
  return {
    tags: [tag],
    description,
    operationId: id,
    consumes: bodyTypes,
    produces: answerTypes,
    schemes: ["https"],
    parameters: body === undefined ? parameters : [bodyParameter, ...parameters],
    responses: { "200": ok, "401": { description: "Unauthorized" } },
    "x-kubernetes-action": actionWord(operation),
    "x-kubernetes-group-version-kind": kindObject(kind),
  };
}

const kindObject = ({ group, version, kind }: Operation["kind"]): object => ({
  group,
  version,
  kind,
});

const schemaOf = (name: string | undefined): object =>
  name === undefined ? { type: "string" } : { $ref: `#/definitions/${name}` };

function parameterObject({ name, in: where, description, required, type }: Parameter): object {
  return {
    uniqueItems: true,
    type,
    description,
    name,
    in: where,
    ...(required ? { required } : {}),
  };
}
