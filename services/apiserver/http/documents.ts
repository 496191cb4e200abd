/** Endpoints that are not about resources: discovery, OpenAPI, version, health, metrics. */
import { ownValue } from "#libs/api/own.ts";
import { encodeDocument } from "./encode/status.ts";
import { prettyJson } from "./encode/json.ts";
import { commonHeaders, mediaRequest, type Exchange } from "./context.ts";
import { methodNotAllowed, pageNotFound, unknownResource } from "./missing.ts";
import { jsonOffer, mediaTypes, negotiate, parseAccept, plainOffer } from "./negotiate.ts";
import { serveOpenApi } from "./openapi.ts";
import { sendBytes, sendText, takesGzip } from "./send.ts";
import { versionDocument } from "../discovery/version.ts";
import { debugPaths, dumpOf } from "../fairness/dump.ts";
import { contentType, exposition } from "../health/exposition.ts";

/** Serves what is no resource: discovery, OpenAPI, health, metrics, version. 404 for the rest. */
export async function serveDocument(exchange: Exchange): Promise<void> {
  const { info, request } = exchange;
  const path = info.path === "/" ? "/" : info.path.replace(/\/+$/, "");
  const [first = "", ...rest] = info.path.startsWith("//") ? [""] : path.slice(1).split("/");
  const serve = ownValue(endpoints, first);
  if (serve === undefined) return notFound(exchange);
  // An API group answers to any method, as the aggregator in front of it does.
  const anyMethod = first === "apis" && rest.length === 1;
  if (request.method !== "GET" && !anyMethod && serve !== serveHealth) throw methodNotAllowed();
  return serve(exchange, rest, first);
}

type Serve = (exchange: Exchange, rest: readonly string[], first: string) => Promise<void>;

const endpoints: Readonly<Record<string, Serve>> = {
  "": serveRoot,
  api: serveApi,
  apis: serveApis,
  version: serveVersion,
  healthz: serveHealth,
  livez: serveHealth,
  readyz: serveHealth,
  metrics: serveMetrics,
  openapi: (exchange, rest) => serveOpenApi(exchange, rest),
  ".well-known": serveIssuer,
  openid: serveKeys,
  debug: serveDebug,
};

async function notFound(exchange: Exchange): Promise<void> {
  await sendText(exchange, 404, pageNotFound);
}

async function serveRoot(exchange: Exchange): Promise<void> {
  if (exchange.info.path !== "/") return notFound(exchange);
  return sendRaw(exchange, { paths: rootPaths(exchange) });
}

function rootPaths({ door }: Exchange): string[] {
  const groups: string[] = [];
  for (const [group, versions] of door.served) {
    if (group === "") continue;
    groups.push(`/apis/${group}`);
    for (const version of versions.keys()) groups.push(`/apis/${group}/${version}`);
  }
  const health = ["/healthz", "/livez", "/readyz"].flatMap((path) => [
    path,
    ...door.health.names(path.slice(1)).map((name) => `${path}/${name}`),
  ]);
  const documents = ["/api", "/api/v1", "/apis", "/openapi/v2", "/openapi/v3", "/version"];
  const numbers = ["/metrics", "/metrics/slis", ...debugPaths];
  const issuer = door.issuer === undefined ? [] : [issuerPath, keysPath];
  return [...documents, ...groups, ...health, ...numbers, ...issuer].sort();
}

async function serveApi(exchange: Exchange, rest: readonly string[]): Promise<void> {
  const { discovery } = exchange.door;
  if (rest.length === 0) {
    return sendDiscovery(exchange, "core", discovery.apiVersions(), "APIVersions");
  }
  const document = discovery.resources("", rest[0] ?? "");
  if (document === undefined || rest.length > 1) throw unknownResource();
  return sendDocument(exchange, document, "APIResourceList");
}

async function serveApis(exchange: Exchange, rest: readonly string[]): Promise<void> {
  const { discovery, served } = exchange.door;
  const [group = "", version = ""] = rest;
  if (rest.length === 0) {
    return sendDiscovery(exchange, "groups", discovery.groupList(), "APIGroupList");
  }
  if (group === "" || !served.has(group)) return notFound(exchange);
  const document = rest.length === 1 ? discovery.group(group) : discovery.resources(group, version);
  if (document === undefined) throw unknownResource();
  return sendDocument(exchange, document, rest.length === 1 ? "APIGroup" : "APIResourceList");
}

async function sendDocument(exchange: Exchange, document: object, kind: string): Promise<void> {
  const { request, response, query } = exchange;
  const media = negotiate(mediaRequest(request, query), plainOffer);
  const { contentType, bytes } = encodeDocument(document, media, `k8s.meta.v1.${kind}`);
  const headers = { ...commonHeaders(exchange), "content-type": contentType };
  await sendBytes(response, { status: 200, headers }, bytes, takesGzip(request));
}

const aggregatedVersions = ["v2", "v2beta1"] as const;

/** Aggregated when the client's first wish is that, else the old document. */
async function sendDiscovery(
  exchange: Exchange,
  part: "core" | "groups",
  plain: object,
  kind: string,
): Promise<void> {
  const { door, request, response } = exchange;
  const wanted = wantedAggregation(request.header("accept") ?? "");
  if (wanted === undefined) return sendDocument(exchange, plain, kind);
  const { type, version } = wanted;
  const { json, etag, protobuf } = door.discovery.aggregated(part, version);
  const bytes = type === mediaTypes.protobuf ? protobuf() : json;
  if (bytes === undefined) return sendDocument(exchange, plain, kind);
  const headers = {
    ...commonHeaders(exchange),
    "content-type": `${type};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag,
    vary: "Accept",
  };
  if (request.header("if-none-match") === etag) {
    response.begin(304, headers);
    response.end();
    return;
  }
  await sendBytes(response, { status: 200, headers }, bytes, takesGzip(request));
}

interface Aggregation {
  readonly type: string;
  readonly version: (typeof aggregatedVersions)[number];
}

const aggregatedTypes: readonly string[] = [mediaTypes.json, mediaTypes.protobuf];

function wantedAggregation(accept: string): Aggregation | undefined {
  for (const { type, params } of parseAccept(accept)) {
    const plain = params["as"] === undefined && params["g"] === undefined;
    if (plain && (type === "*/*" || aggregatedTypes.includes(type))) return undefined;
    if (!aggregatedTypes.includes(type) || params["g"] !== "apidiscovery.k8s.io") continue;
    if (params["as"] !== "APIGroupDiscoveryList") continue;
    const known = aggregatedVersions.find((version) => version === params["v"]);
    if (known !== undefined) return { type, version: known };
  }
  return undefined;
}

async function serveVersion(exchange: Exchange, rest: readonly string[]): Promise<void> {
  if (rest.length > 0) return notFound(exchange);
  return sendRaw(exchange, versionDocument);
}

/** JSON only, and always indented. */
async function sendRaw(exchange: Exchange, document: object): Promise<void> {
  const { request, response, query } = exchange;
  negotiate(mediaRequest(request, query), jsonOffer);
  const headers = { ...commonHeaders(exchange), "content-type": "application/json" };
  await sendBytes(response, { status: 200, headers }, prettyJson(document), false);
}

async function serveHealth(
  exchange: Exchange,
  rest: readonly string[],
  probe: string,
): Promise<void> {
  const { door, query, request } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
  const answer = await door.health.answer(probe, rest.join("/"), {
    verbose: query.has("verbose"),
    exclude: query.getAll("exclude"),
  });
  if (answer === undefined) return notFound(exchange);
  await sendText(exchange, answer.status, answer.text);
}

async function serveMetrics(exchange: Exchange, rest: readonly string[]): Promise<void> {
  const { door, request } = exchange;
  if (rest.join("/") === "slis") {
    return sendNumbers(exchange, contentType, exposition(door.health.families()));
  }
  if (rest.length > 0) return notFound(exchange);
  const metrics = await door.metrics.text();
  await sendNumbers(exchange, metrics.contentType, metrics.text, takesGzip(request));
}

async function sendNumbers(
  exchange: Exchange,
  type: string,
  text: string,
  gzipAllowed = false,
): Promise<void> {
  const headers = { ...commonHeaders(exchange), "content-type": type };
  await sendBytes(exchange.response, { status: 200, headers }, Buffer.from(text), gzipAllowed);
}

const issuerPath = "/.well-known/openid-configuration";
const keysPath = "/openid/v1/jwks";

async function serveIssuer(exchange: Exchange): Promise<void> {
  const { issuer } = exchange.door;
  if (issuer === undefined || exchange.info.path !== issuerPath) return notFound(exchange);
  await sendPublic(exchange, "application/json", issuer.configuration());
}

async function serveKeys(exchange: Exchange): Promise<void> {
  const { issuer } = exchange.door;
  if (issuer === undefined || exchange.info.path !== keysPath) return notFound(exchange);
  await sendPublic(exchange, "application/jwk-set+json", issuer.keys());
}

/** What whoever checks tokens may keep for an hour. */
async function sendPublic(exchange: Exchange, type: string, document: object): Promise<void> {
  const headers = {
    ...commonHeaders(exchange),
    "cache-control": "public, max-age=3600",
    "content-type": type,
  };
  const bytes = Buffer.from(JSON.stringify(document));
  await sendBytes(exchange.response, { status: 200, headers }, bytes, false);
}

async function serveDebug(exchange: Exchange): Promise<void> {
  const dump = dumpOf(exchange.info.path, exchange.door.fairness.levels());
  if (dump === undefined) return notFound(exchange);
  await sendText(exchange, 200, dump);
}
