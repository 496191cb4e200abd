/**
 * What a request is about, from its method, path and query: verb, resource, namespace and name.
 * The rules are those of apiserver/pkg/endpoints/request: authorization and routing use them.
 */
import { ownValue } from "#libs/api/own.ts";

export interface RequestInfo {
  readonly resourceRequest: boolean;
  /** Decoded path. */
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Path segments from the resource on, decoded. */
  readonly parts: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Subresources of a namespace: anything else behind its name is a resource in it. */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

/** What a request is about, read from method and path alone, as Kubernetes' RequestInfo. */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const decoded = decodePath(path);
  const segments = decoded.replace(/^\/+|\/+$/g, "").split("/");
  const prefix = segments[0];
  const nothing = {
    resourceRequest: false,
    path: decoded,
    verb: method.toLowerCase(),
    group: "",
    version: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
    parts: [],
  };
  if (segments.length < 3 || (prefix !== "api" && prefix !== "apis")) return nothing;
  if (prefix === "apis" && segments.length < 4) return nothing;
  const group = prefix === "apis" ? (segments[1] ?? "") : "";
  const version = (prefix === "apis" ? segments[2] : segments[1]) ?? "";
  const rest = segments.slice(prefix === "apis" ? 3 : 2);
  return resourceInfo({ ...nothing, resourceRequest: true, group, version }, method, rest, query);
}

function resourceInfo(
  start: RequestInfo,
  method: string,
  segments: readonly string[],
  query: URLSearchParams,
): RequestInfo {
  let rest = segments;
  let verb = ownValue(verbs, method) ?? "";
  // The deprecated /api/v1/watch/… and /api/v1/proxy/….
  if (rest[0] === "watch" || rest[0] === "proxy") {
    if (rest.length < 2) return { ...start, verb };
    verb = rest[0];
    rest = rest.slice(1);
  }
  let namespace = "";
  if (rest[0] === "namespaces") {
    namespace = rest[1] ?? "";
    const inside = rest.length > 2 && !namespaceSubresources.has(rest[2] ?? "");
    if (inside) rest = rest.slice(2);
  }
  const resource = rest[0] ?? "";
  let name = rest[1] ?? "";
  const subresource = rest[2] ?? "";
  if (name === "" && verb === "get") verb = isWatch(query) ? "watch" : "list";
  if (name === "" && verb === "delete") verb = "deletecollection";
  if (name === "" && (verb === "list" || verb === "watch" || verb === "deletecollection")) {
    name = selectedName(query.get("fieldSelector") ?? "");
  }
  return { ...start, verb, namespace, resource, name, subresource, parts: rest };
}

const brokenEscape = /%(?![0-9a-fA-F]{2})/;

/** True for a path that Go's server does not take for a URL: a percent sign that says nothing. */
export const isBrokenPath = (path: string): boolean => brokenEscape.test(path);

/** The query as Go reads it: pairs with a broken escape or a semicolon count as absent. */
export function parseQuery(query: string): URLSearchParams {
  if (!brokenEscape.test(query) && !query.includes(";")) return new URLSearchParams(query);
  const pairs = query.split("&");
  const sound = pairs.filter((pair) => !brokenEscape.test(pair) && !pair.includes(";"));
  return new URLSearchParams(sound.join("&"));
}

/** What Go's url.Path would be; bytes that are no UTF-8 become replacement characters. */
function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    const bytes = path.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
}

/** A boolean of the query: anything but "false" and "0" is true, the empty text too. */
export function queryBoolean(query: URLSearchParams, key: string): boolean | undefined {
  const value = query.get(key);
  if (value === null) return undefined;
  return value.toLowerCase() !== "false" && value !== "0";
}

const isWatch = (query: URLSearchParams): boolean => queryBoolean(query, "watch") ?? false;

/** The name that `metadata.name=x` in a field selector asks for: authorization knows it so. */
function selectedName(selector: string): string {
  for (const term of selector.split(",")) {
    const [, name] = /^metadata\.name==?([^=!]+)$/.exec(term) ?? [];
    if (name !== undefined && !name.includes("/") && !name.includes("%")) return name;
  }
  return "";
}
