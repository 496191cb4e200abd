/** Which endpoint a request is for: pure look-ups over what is served. */
import { ownValue } from "#libs/api/own.ts";
import type { KubeObject, ResourceDefinition, Subresource } from "#libs/api/resource.ts";
import type { Place } from "../registry/request.ts";
import type { Review } from "../auth/reviews/review.ts";
import type { RequestInfo } from "./request-info.ts";

export type RestVerb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection";

export type Route =
  /** No such group: not even JSON is spoken there. */
  | { readonly type: "unknownPath" }
  | { readonly type: "unknownResource" }
  | { readonly type: "methodNotAllowed" }
  | { readonly type: "resource"; readonly verb: RestVerb; readonly place: Place }
  | { readonly type: "review"; readonly review: Review; readonly namespace: string }
  | { readonly type: "connect"; readonly place: Place; readonly connect: ConnectName };

export type ConnectName = Extract<Subresource<KubeObject>, { type: "connect" }>["name"];

export interface ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly reviews: ReadonlyMap<string, Review>;
}

/** Everything that is served, by group and version. */
export type Served = ReadonlyMap<string, ReadonlyMap<string, ServedVersion>>;

interface Gathered extends ServedVersion {
  readonly resources: Map<string, ResourceDefinition>;
  readonly reviews: Map<string, Review>;
}

/** What is served, by group and version. */
export function servedFrom(
  resources: readonly ResourceDefinition[],
  reviews: readonly Review[],
): Served {
  const served = new Map<string, Map<string, Gathered>>();
  for (const resource of resources) {
    gather(served, resource).resources.set(resource.plural, resource);
  }
  for (const review of reviews) gather(served, review).reviews.set(review.plural, review);
  return served;
}

function gather(
  served: Map<string, Map<string, Gathered>>,
  { group, version }: { readonly group: string; readonly version: string },
): Gathered {
  const versions = served.get(group) ?? new Map<string, Gathered>();
  served.set(group, versions);
  const found = versions.get(version) ?? {
    group,
    version,
    resources: new Map(),
    reviews: new Map(),
  };
  versions.set(version, found);
  return found;
}

/** Where a request leads, or in which way nowhere: path, resource, subresource or method. */
export function routeResource(served: Served, info: RequestInfo, method: string): Route {
  const versions = served.get(info.group);
  // A path that does not begin with the API's own prefix leads nowhere, whatever follows.
  if (versions === undefined || info.path.startsWith("//")) return { type: "unknownPath" };
  const version = versions.get(info.version);
  const [plural = ""] = info.parts;
  const definition = version?.resources.get(plural);
  if (definition !== undefined) return routeDefinition(definition, info, method);
  const review = version?.reviews.get(plural);
  return review === undefined ? { type: "unknownResource" } : routeReview(review, info, method);
}

function routeReview(review: Review, info: RequestInfo, method: string): Route {
  const placed = review.scope === "Namespaced" ? info.namespace !== "" : info.namespace === "";
  if (!placed || info.parts.length > 1) return { type: "unknownResource" };
  if (method !== "POST") return { type: "methodNotAllowed" };
  return { type: "review", review, namespace: info.namespace };
}

function routeDefinition(definition: ResourceDefinition, info: RequestInfo, method: string): Route {
  const [, name = "", subresource = "", ...rest] = info.parts;
  const namespace = placedNamespace(definition, info);
  const namespaced = definition.scope === "Namespaced";
  // A name of a namespaced resource is looked for inside of a namespace only.
  if (namespace === undefined || (namespaced && namespace === "" && name !== "")) {
    return { type: "unknownResource" };
  }
  const place: Place = { definition, subresource, namespace, name };
  if (subresource !== "") return routeSubresource(place, method, rest);
  const deprecatedWatch = info.verb === "watch" && name !== "";
  const verbs = name === "" ? collectionVerbs(place) : itemVerbs;
  const verb = deprecatedWatch ? "watch" : ownValue(verbs, method);
  if (verb === undefined) return shapeExists(definition, verbs);
  const chosen: RestVerb = verb === "list" && info.verb === "watch" ? "watch" : verb;
  if (!definition.verbs.includes(chosen)) return shapeExists(definition, verbs);
  return { type: "resource", verb: chosen, place };
}

/** Undefined when the path puts the resource where it is not. */
function placedNamespace(definition: ResourceDefinition, info: RequestInfo): string | undefined {
  if (definition.scope === "Namespaced") return info.namespace;
  // The name of a namespace stands where other resources have their namespace.
  if (definition.plural === "namespaces" && definition.group === "") return "";
  return info.namespace === "" ? "" : undefined;
}

const itemVerbs: Readonly<Record<string, RestVerb>> = {
  GET: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

function collectionVerbs({ definition, namespace }: Place): Readonly<Record<string, RestVerb>> {
  const everywhere = definition.scope === "Namespaced" && namespace === "";
  if (everywhere) return { GET: "list" };
  return { GET: "list", POST: "create", DELETE: "deletecollection" };
}

/** 405 where another method would do, 404 where none does. */
function shapeExists(
  definition: ResourceDefinition,
  verbs: Readonly<Record<string, RestVerb>>,
): Route {
  const some = Object.values(verbs).some((verb) => definition.verbs.includes(verb));
  return some ? { type: "methodNotAllowed" } : { type: "unknownResource" };
}

const changing = ["GET", "POST"];

/** Methods that Kubernetes takes. */
const connectMethods: Readonly<Record<ConnectName, readonly string[]>> = {
  log: ["GET"],
  exec: changing,
  attach: changing,
  portforward: changing,
  proxy: ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"],
};

function routeSubresource(place: Place, method: string, rest: readonly string[]): Route {
  const { definition, subresource } = place;
  const found = definition.subresources.find(({ name }) => name === subresource);
  if (found === undefined) return { type: "unknownResource" };
  if (rest.length > 0 && found.name !== "proxy") return { type: "unknownResource" };
  if (found.type === "connect") {
    const allowed = connectMethods[found.name].includes(method);
    return allowed ? { type: "connect", place, connect: found.name } : { type: "methodNotAllowed" };
  }
  if (found.type === "action") {
    return method === "POST"
      ? { type: "resource", verb: "create", place }
      : { type: "methodNotAllowed" };
  }
  const verb = ownValue(subresourceVerbs(found), method);
  return verb === undefined ? { type: "methodNotAllowed" } : { type: "resource", verb, place };
}

/** A namespace's finalizers are put, and never read, through their subresource. */
export function subresourceVerbs({
  name,
}: {
  readonly name: string;
}): Readonly<Record<string, RestVerb>> {
  if (name === "finalize") return { PUT: "update" };
  return { GET: "get", PUT: "update", PATCH: "patch" };
}
