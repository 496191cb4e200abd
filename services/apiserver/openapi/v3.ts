/** One group version as an OpenAPI v3 document. */
import { openApiSchemas } from "#libs/schema/openapi/schemas.ts";
import type { ServedVersion } from "../http/routes.ts";
import { messagesOf } from "./messages.ts";
import type { Parameter } from "./parameters.ts";
import { actionWord, pathObject, pathsOf, rootOf, type Operation } from "./paths.ts";

/** `groupVersions`: all that are served; some kinds (DeleteOptions) belong to each. */
export function openApiV3(
  served: ServedVersion,
  groupVersions: readonly { readonly group: string; readonly version: string }[],
): object {
  const items = pathsOf(served);
  const paths: Record<string, object> = { [`${rootOf(served)}/`]: discoveryPath(served) };
  for (const item of items) paths[item.path] = pathObject(item, operationObject, parameterObject);
  const schemas = openApiSchemas(messagesOf(items), { groupVersions });
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.36.3+kubus" },
    paths,
    components: { schemas },
  };
}

function discoveryPath({ group, version }: ServedVersion): object {
  const name = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList";
  return {
    get: {
      tags: [`${group === "" ? "core" : group.split(".")[0]}_${version}`],
      description: "get available resources",
      operationId: `get${group === "" ? "Core" : group}${version}APIResources`,
      responses: { "200": { description: "OK", content: contentOf(name, ["application/json"]) } },
    },
  };
}

function operationObject(operation: Operation): object {
  const { action, id, tag, description, kind, body, bodyTypes, parameters } = operation;
  const answer = { description: "OK", content: contentOf(operation.answer, operation.answerTypes) };
  const created = action === "create" || action === "update" || action === "patch";
  return {
    tags: [tag],
    description,
    operationId: id,
    ...(parameters.length > 0 ? { parameters: parameters.map(parameterObject) } : {}),
    ...(body === undefined ? {} : { requestBody: { content: contentOf(body, bodyTypes) } }),
    responses: {
      "200": answer,
      ...(created ? { "201": { ...answer, description: "Created" } } : {}),
      "401": { description: "Unauthorized" },
    },
    "x-kubernetes-action": actionWord(operation),
    "x-kubernetes-group-version-kind": {
      group: kind.group,
      version: kind.version,
      kind: kind.kind,
    },
  };
}

function contentOf(name: string | undefined, types: readonly string[]): object {
  const schema = name === undefined ? { type: "string" } : { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function parameterObject({ name, in: where, description, required, type }: Parameter): object {
  return {
    name,
    in: where,
    description,
    ...(required ? { required } : {}),
    schema: { type, uniqueItems: true },
  };
}
