/** pods/proxy and services/proxy: HTTP to what runs in the cluster, through the API server. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { hasReason, notFound, serviceUnavailable, StatusError } from "#libs/api/errors.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Endpoints, Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import type { Place } from "../../registry/request.ts";
import { commonHeaders, type Exchange } from "../context.ts";
import type { Headers, HttpRequest } from "../exchange.ts";
import { unknownResource } from "../missing.ts";
import { parseProxyName, podTarget, serviceTarget, type Target } from "./target.ts";

/** Segments of the path before what is for the other side. */
const prefixSegments: Readonly<Record<ResourceDefinition["scope"], number>> = {
  Namespaced: 8,
  Cluster: 6,
};

/** Passes a request on to a pod or a service, and its answer back. */
export async function serveProxy(exchange: Exchange, place: Place): Promise<void> {
  const { request, response } = exchange;
  const segments = request.path.split("/");
  const rest = segments.slice(prefixSegments[place.definition.scope]);
  const query = request.query === "" ? "" : `?${request.query}`;
  // Relative links of a page at the root would otherwise lose their last step.
  if (rest.length === 0 && request.method === "GET") {
    response.begin(301, { ...commonHeaders(exchange), location: `${request.path}/${query}` });
    response.end();
    return;
  }
  const target = await chooseTarget(exchange, place);
  await forward(exchange, target, `/${rest.join("/")}${query}`);
}

async function chooseTarget(exchange: Exchange, place: Place): Promise<Target> {
  const { door, caller } = exchange;
  const { registry, world } = door.options;
  const whole = { ...place, subresource: "" };
  if (place.definition.plural === "pods") {
    const wanted = parseProxyName(place.name, "pod");
    const { object } = await registry.get(caller, { ...whole, name: wanted.name }, {});
    return podTarget(object as Pod, wanted);
  }
  if (place.definition.plural !== "services") {
    throw new StatusError(501, "", `this server has no proxy for ${place.definition.plural}`);
  }
  const wanted = parseProxyName(place.name, "service");
  const named = { ...whole, name: wanted.name };
  const { object } = await registry.get(caller, named, {});
  const endpoints = await endpointsOf(exchange, named);
  return serviceTarget(object as Service, endpoints, wanted, world.random());
}

/** A service without endpoints of its own is told not to be there. */
async function endpointsOf({ door, caller }: Exchange, service: Place): Promise<Endpoints> {
  const definition = door.served.get("")?.get("v1")?.resources.get("endpoints");
  if (definition === undefined) throw unknownResource();
  try {
    const { object } = await door.options.registry.get(caller, { ...service, definition }, {});
    return object as Endpoints;
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error;
    throw notFound({ group: "", name: "services" }, service.name);
  }
}

/** Between two hops, or meant for this server alone. */
const ownHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

function forwardedHeaders(request: HttpRequest, { address, port }: Target): Headers {
  const headers: Record<string, string | readonly string[]> = {};
  for (const name of request.headerNames()) {
    if (name.startsWith(":") || name.startsWith("impersonate-") || ownHeaders.has(name)) continue;
    headers[name] = request.headers(name);
  }
  const length = request.header("content-length");
  return {
    ...headers,
    ...(length === undefined ? {} : { "content-length": length }),
    host: `${address}:${port}`,
    "x-forwarded-for": request.remoteAddress,
    "x-forwarded-uri": request.path,
  };
}

async function forward(exchange: Exchange, target: Target, path: string): Promise<void> {
  const { request, response, door } = exchange;
  const gone = new AbortController();
  response.onClose(() => gone.abort());
  const send = target.scheme === "https" ? httpsRequest : httpRequest;
  const sent = send({
    host: target.address,
    port: target.port,
    method: request.method,
    path,
    headers: forwardedHeaders(request, target) as Record<string, string>,
    signal: AbortSignal.any([gone.signal, door.options.signal]),
    // The other side shows a certificate of nobody whom this server knows.
    rejectUnauthorized: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
  });
  try {
    const [answer] = await Promise.all([answered, sendBody(request, sent)]);
    await receive(exchange, answer);
  } catch (error) {
    if (response.begun || response.closed) return response.destroy();
    const why = error instanceof Error ? error.message : String(error);
    throw serviceUnavailable(`error trying to reach service: ${why}`);
  }
}

async function sendBody(request: HttpRequest, sent: ReturnType<typeof httpRequest>): Promise<void> {
  for await (const chunk of request.body) {
    if (sent.destroyed) return;
    if (!sent.write(chunk)) {
      await new Promise<void>((resolve) => {
        sent.once("drain", resolve);
        sent.once("close", resolve);
      });
    }
  }
  sent.end();
}

async function receive(exchange: Exchange, answer: IncomingMessage): Promise<void> {
  const { response, auditId } = exchange;
  const headers: Record<string, string | readonly string[]> = { "audit-id": auditId };
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || (ownHeaders.has(name) && name !== "content-length")) continue;
    headers[name] = value;
  }
  response.begin(answer.statusCode ?? 502, headers);
  for await (const chunk of answer) {
    if (response.closed) return;
    if (!response.write(chunk as Uint8Array)) await response.drained();
  }
  response.end();
}
