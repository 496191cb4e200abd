/** The paths of one group version, as OpenAPI v3 describes them. */
import { patchTypes } from "#libs/api/patch/content.ts";
import type { KubeObject, ResourceDefinition, Subresource } from "#libs/api/resource.ts";
import { kindSchema } from "#libs/schema/schemas.ts";
import type { Review } from "../auth/reviews/review.ts";
import { subresourceKind } from "../http/rest.ts";
import { subresourceVerbs, type RestVerb, type ServedVersion } from "../http/routes.ts";
import { parametersOf, pathParameters, type Parameter } from "./parameters.ts";

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Operation {
  readonly action: RestVerb;
  readonly id: string;
  readonly tag: string;
  readonly description: string;
  readonly kind: Kind;
  /** OpenAPI name of the body's schema; undefined without a body. */
  readonly body: string | undefined;
  readonly bodyTypes: readonly string[];
  /** OpenAPI name of the answer's schema; undefined for plain text. */
  readonly answer: string | undefined;
  readonly answerTypes: readonly string[];
  readonly parameters: readonly Parameter[];
}

export interface PathItem {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** By lower-case HTTP method. */
  readonly operations: Readonly<Record<string, Operation>>;
}

const objectTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const streamTypes = [
  ...objectTypes,
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];
const methods: Readonly<Record<RestVerb, string>> = {
  get: "get",
  list: "get",
  watch: "get",
  create: "post",
  update: "put",
  patch: "patch",
  delete: "delete",
  deletecollection: "delete",
};
const statusName = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const patchName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const deleteOptionsName = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

/** `/api/v1`, `/apis/apps/v1`. */
export const rootOf = ({ group, version }: Pick<ServedVersion, "group" | "version">): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** Every path of a group version with the operations that are served there. */
export function pathsOf(served: ServedVersion): PathItem[] {
  const items: PathItem[] = [];
  for (const definition of served.resources.values()) items.push(...resourcePaths(definition));
  for (const review of served.reviews.values()) items.push(reviewPath(review));
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function resourcePaths(definition: ResourceDefinition): PathItem[] {
  const namespaced = definition.scope === "Namespaced";
  const root = rootOf(definition);
  const home = namespaced ? `${root}/namespaces/{namespace}` : root;
  const collection = `${home}/${definition.plural}`;
  const item = `${collection}/{name}`;
  const holders = namespaced ? ["namespace"] : [];
  const items = [
    pathItem(collection, holders, definition, ["list", "create", "deletecollection"]),
    pathItem(item, ["name", ...holders], definition, ["get", "update", "patch", "delete"]),
    ...definition.subresources.map((subresource) =>
      subresourcePath(`${item}/${subresource.name}`, ["name", ...holders], definition, subresource),
    ),
  ];
  if (namespaced) items.push(pathItem(`${root}/${definition.plural}`, [], definition, ["list"]));
  return items.filter(({ operations }) => Object.keys(operations).length > 0);
}

function pathItem(
  path: string,
  holders: readonly string[],
  definition: ResourceDefinition,
  verbs: readonly RestVerb[],
): PathItem {
  const operations: Record<string, Operation> = {};
  for (const verb of verbs) {
    if (!definition.verbs.includes(verb)) continue;
    operations[methods[verb]] = operation(verb, definition, definition, suffixOf(path, holders));
  }
  const parameters = holders.map((name) => pathParameters[name]).filter(isSet);
  return { path, parameters, operations };
}

const isSet = (parameter: Parameter | undefined): parameter is Parameter => parameter !== undefined;

/** Namespaced operations are told apart from those of all namespaces by their names. */
const suffixOf = (path: string, holders: readonly string[]): string =>
  holders.includes("namespace") ? "Namespaced" : path.includes("{") ? "" : "All";

function subresourcePath(
  path: string,
  holders: readonly string[],
  definition: ResourceDefinition,
  subresource: Subresource<KubeObject>,
): PathItem {
  const operations: Record<string, Operation> = {};
  const parameters = holders.map((name) => pathParameters[name]).filter(isSet);
  const kind = subresourceKind(subresource, definition);
  const word = `${suffixOf(path, holders)}${capital(subresource.name)}`;
  if (subresource.type === "connect") {
    operations["get"] = textOperation(operation("get", definition, kind, word));
    return { path, parameters, operations };
  }
  const verbs: readonly RestVerb[] =
    subresource.type === "action" ? ["create"] : Object.values(subresourceVerbs(subresource));
  for (const verb of verbs) operations[methods[verb]] = operation(verb, definition, kind, word);
  return { path, parameters, operations };
}

const textOperation = (made: Operation): Operation => ({
  ...made,
  answer: undefined,
  answerTypes: ["text/plain"],
});

function reviewPath(review: Review): PathItem {
  const namespaced = review.scope === "Namespaced";
  const root = rootOf(review);
  const path = `${namespaced ? `${root}/namespaces/{namespace}` : root}/${review.plural}`;
  const holders = namespaced ? ["namespace"] : [];
  const parameters = holders.map((name) => pathParameters[name]).filter(isSet);
  const post = operation("create", review, review, suffixOf(path, holders));
  return { path, parameters, operations: { post } };
}

function operation(verb: RestVerb, owner: Kind, kind: Kind, word: string): Operation {
  const name = openApiName(kind);
  const isList = verb === "list";
  const deletes = verb === "delete" || verb === "deletecollection";
  const answer = deletes ? statusName : isList ? `${name}List` : name;
  const body = deletes ? deleteOptionsName : verb === "patch" ? patchName : name;
  const tag = `${owner.group === "" ? "core" : camel(owner.group)}_${owner.version}`;
  const group = capital(owner.group === "" ? "core" : camel(owner.group));
  const noun = word === "All" ? `${owner.kind}ForAllNamespaces` : `${word}${owner.kind}`;
  return {
    action: verb,
    id: `${idVerbs[verb]}${group}${capital(owner.version)}${noun}`,
    tag,
    description: `${sentences[verb]} ${owner.kind}`,
    kind,
    body: verb === "get" || isList ? undefined : body,
    bodyTypes: verb === "patch" ? patchTypes : ["*/*"],
    answer,
    answerTypes: isList ? streamTypes : objectTypes,
    parameters: parametersOf(verb),
  };
}

const idVerbs: Readonly<Record<RestVerb, string>> = {
  get: "read",
  list: "list",
  watch: "watch",
  create: "create",
  update: "replace",
  patch: "patch",
  delete: "delete",
  deletecollection: "deleteCollection",
};

const sentences: Readonly<Record<RestVerb, string>> = {
  get: "Reads one",
  list: "Lists or watches objects of kind",
  watch: "Watches objects of kind",
  create: "Creates a",
  update: "Replaces a",
  patch: "Changes parts of a",
  delete: "Deletes a",
  deletecollection: "Deletes all selected objects of kind",
};

/** `apps` stays; `events.k8s.io` becomes `events`. */
const camel = (group: string): string => group.split(".")[0] ?? group;

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** OpenAPI name of a kind's schema. */
function openApiName({ group, version, kind }: Kind): string {
  const known = kindSchema(group, version, kind)?.openapi;
  return known ?? `io.k8s.api.${camel(group === "" ? "core" : group)}.${version}.${kind}`;
}

const actionWords: Partial<Record<RestVerb, string>> = { create: "post", update: "put" };

/** What `x-kubernetes-action` calls a verb. */
export const actionWord = ({ action }: Pick<Operation, "action">): string =>
  actionWords[action] ?? action;

/** A path item of a document, which writes operations and parameters in its own way. */
export function pathObject(
  { parameters, operations }: PathItem,
  operationObject: (operation: Operation) => object,
  parameterObject: (parameter: Parameter) => object,
): object {
  const methods: Record<string, object> = {};
  for (const [method, operation] of Object.entries(operations)) {
    methods[method] = operationObject(operation);
  }
  return {
    ...methods,
    ...(parameters.length > 0 ? { parameters: parameters.map(parameterObject) } : {}),
  };
}
