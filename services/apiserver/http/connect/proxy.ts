/** pods/proxy, services/proxy and nodes/proxy: HTTP through the API server and a kubelet. */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect as connectTls } from "node:tls";
import { hasReason, notFound, serviceUnavailable, StatusError } from "#libs/api/errors.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { socketOf } from "#libs/bus/session/index.ts";
import type { Endpoints, Node, Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import type { Place } from "../../registry/request.ts";
import { endingWith } from "../../streams/target.ts";
import { commonHeaders, type Exchange } from "../context.ts";
import type { HttpRequest } from "../exchange.ts";
import { unknownResource } from "../missing.ts";
import { answeredHeaders, forwardedHeaders, headBytes } from "./headers.ts";
import { nodeTarget, parseProxyName, podTarget, serviceTarget, type Target } from "./target.ts";

/** Segments of the path before what is for the other side. */
const prefixSegments: Readonly<Record<ResourceDefinition["scope"], number>> = {
  Namespaced: 8,
  Cluster: 6,
};

/** Passes a request on to a pod, a service or a kubelet, and its answer back. */
export async function serveProxy(exchange: Exchange, place: Place): Promise<void> {
  const { request, response } = exchange;
  const segments = request.path.split("/");
  const prefix = prefixSegments[place.definition.scope];
  const rest = segments.slice(prefix);
  const query = request.query === "" ? "" : `?${request.query}`;
  const target = await chooseTarget(exchange, place);
  const isRoot = rest.length === 0 && (request.method === "GET" || request.method === "HEAD");
  // Relative links of a page at the root would otherwise lose their last step.
  if (isRoot && !request.upgrade) {
    response.begin(301, { ...commonHeaders(exchange), location: `${request.path}/${query}` });
    response.end();
    return;
  }
  const base = segments.slice(0, prefix).join("/");
  await forward(exchange, target, { path: `/${rest.join("/")}${query}`, base });
}

async function chooseTarget(exchange: Exchange, place: Place): Promise<Target> {
  const { door, caller } = exchange;
  const { registry, world } = door.options;
  const whole = { ...place, subresource: "" };
  const kind = place.definition.plural.slice(0, -1);
  const wanted = parseProxyName(place.name, kind);
  const named = { ...whole, name: wanted.name };
  const { object } = await registry.get(caller, named, {});
  if (kind === "pod") return podTarget(object as Pod, wanted);
  if (kind === "node") return nodeTarget(object as Node, wanted);
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

interface Forwarded {
  readonly path: string;
  /** What stands before the path for the client. */
  readonly base: string;
}

async function forward(exchange: Exchange, target: Target, forwarded: Forwarded): Promise<void> {
  const { request, response } = exchange;
  let connection: Duplex | undefined;
  try {
    connection = await connectTo(exchange, target);
    const socket = connection;
    response.onClose(() => socket.destroy());
    const sent = sendRequest({
      createConnection: () => socket,
      method: request.method,
      path: forwarded.path,
      headers: forwardedHeaders(exchange) as Record<string, string>,
    });
    const answered = answerTo(sent);
    void sendBody(request, sent);
    const answer = await answered;
    const { statusCode = 0 } = answer.message;
    if ("socket" in answer) await relay(exchange, answer);
    else if (request.upgrade && statusCode < errorCodeMin) throw notUpgraded(statusCode);
    else await receive(exchange, answer.message, forwarded.base);
  } catch (error) {
    connection?.destroy();
    if (response.begun || response.closed) return response.destroy();
    if (error instanceof StatusError && error.code !== internalErrorCode) throw error;
    throw serviceUnavailable(`error trying to reach service: ${reasonOf(error, target)}`);
  }
}

const errorCodeMin = 400;
const internalErrorCode = 500;
/** A client that asked for another protocol cannot do with a plain answer. */
const notUpgraded = (code: number) =>
  new StatusError(502, "", `invalid upgrade response: status code ${code}`);

/** As Go tells of a port where nothing listens. */
function reasonOf(error: unknown, target: Target): string {
  const why = error instanceof Error ? error.message : String(error);
  if (target.type !== "pod" || !/refused/i.test(why)) return why;
  return `dial tcp ${target.address}:${target.port}: connect: connection refused`;
}

/** A connection to where the target is, through its kubelet. */
async function connectTo({ door }: Exchange, target: Target): Promise<Duplex> {
  const { nodes, signal } = door.options;
  if (target.type === "node") {
    return socketOf(endingWith(signal, await nodes.open(target.node, "http", {})));
  }
  const { pod, port, node } = target;
  const session = await nodes.open(node, "portforward", { ...pod, port });
  const socket = socketOf(endingWith(signal, session));
  if (target.scheme === "http") return socket;
  // The other side shows a certificate of nobody whom this server knows.
  const secured = connectTls({ socket, rejectUnauthorized: false });
  await once(secured, "secureConnect");
  return secured;
}

type Answer =
  | { readonly message: IncomingMessage }
  | { readonly message: IncomingMessage; readonly socket: Duplex; readonly head: Buffer };

function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once("response", (message) => resolve({ message }));
    sent.once("upgrade", (message, socket, head) => resolve({ message, socket, head }));
    sent.on("error", reject);
  });
}

async function sendBody(request: HttpRequest, sent: ClientRequest): Promise<void> {
  try {
    if (request.upgrade) return void sent.end();
    for await (const chunk of request.body) {
      if (sent.destroyed) return;
      if (sent.write(chunk)) continue;
      await new Promise<void>((resolve) => {
        sent.once("drain", resolve);
        sent.once("close", resolve);
      });
    }
    sent.end();
  } catch (error) {
    // The client left in the middle of its request.
    sent.destroy(error as Error);
  }
}

async function receive(exchange: Exchange, message: IncomingMessage, base: string): Promise<void> {
  const { response, auditId } = exchange;
  response.begin(message.statusCode ?? 502, answeredHeaders(message, { base, auditId }));
  response.flush();
  for await (const chunk of message) {
    if (response.closed) return;
    if (!response.write(chunk as Uint8Array)) await response.drained();
  }
  response.end();
}

/** Both sides speak another protocol from here on. */
async function relay(
  { request, response }: Exchange,
  { message, socket, head }: Extract<Answer, { readonly socket: Duplex }>,
): Promise<void> {
  const taken = request.upgrade?.take();
  if (!taken) return response.destroy();
  const client = taken.socket;
  // Each of two pipelines listens for every way to end.
  client.setMaxListeners(0);
  client.write(headBytes(message));
  if (head.length > 0) client.write(head);
  if (taken.head.length > 0) socket.write(taken.head);
  // Whoever ends first ends both.
  await Promise.allSettled([pipeline(client, socket), pipeline(socket, client)]);
  client.destroy();
  socket.destroy();
}
