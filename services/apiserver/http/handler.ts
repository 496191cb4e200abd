/** One request from its arrival to its answer: who, what, may they, and then the endpoint. */
import { StatusError, toStatusError } from "#libs/api/errors.ts";
import { applyPatch } from "#libs/api/patch/content.ts";
import { authenticate } from "../auth/authenticate.ts";
import type { Attributes } from "../auth/authorize.ts";
import { impersonate, impersonationHeaders } from "../auth/impersonate.ts";
import { refusal } from "../auth/refuse.ts";
import type { User } from "../auth/user.ts";
import { callerOf, commonHeaders, mediaRequest } from "./context.ts";
import type { DoorContext, Exchange } from "./context.ts";
import { serveConnect } from "./connect/connect.ts";
import { deadlineMs, overdue } from "./deadline.ts";
import { serveDocument } from "./documents.ts";
import { plainType } from "./body/media-type.ts";
import { encodeDocument } from "./encode/status.ts";
import { takeSeats } from "./seats.ts";
import type { Handler, HttpRequest, HttpResponse } from "./exchange.ts";
import { methodNotAllowed, pageNotFound, unknownResource } from "./missing.ts";
import { negotiateError } from "./negotiate.ts";
import { isBrokenPath, parseQuery, requestInfo, type RequestInfo } from "./request-info.ts";
import { serveResource } from "./rest.ts";
import { serveReview } from "./review.ts";
import { routeResource, type Route } from "./routes.ts";
import { sendBytes, sendText } from "./send.ts";

type Arrival = Omit<Exchange, "door" | "user" | "caller">;

/**
 * One request from end to end: authenticated, given its seats, authorized, routed, answered and
 * counted. Above a bound of requests that wait or work the answer is 429, whoever asks.
 */
export function doorHandler(door: DoorContext): Handler {
  const { world, log } = door.options;
  let atWork = 0;
  return async (request, response) => {
    if (isBrokenPath(request.path)) return refuseUrl(response);
    const query = parseQuery(request.query);
    const info = requestInfo(request.method, request.path, query);
    const auditId = request.header("audit-id") ?? world.uuid();
    const arrival: Arrival = { request, response, query, info, auditId, flow: { ids: undefined } };
    const began = world.monotonic();
    const counted = isLongRunning(info) ? 0 : 1;
    if (atWork + counted > door.limits.requestsMax) return refuseBusy(response);
    atWork += counted;
    const done = door.metrics.arrived(info);
    try {
      await serveInTime(door, arrival, isLongRunning(info));
    } finally {
      atWork -= counted;
      const milliseconds = world.monotonic() - began;
      const { method } = request;
      const code = response.status;
      done({ method, code, milliseconds, ...mutationOf(arrival) });
      const { path, verb } = info;
      log.debug({ method, verb, path, code, milliseconds }, "answered");
    }
  };
}

const streams: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);

const isLongRunning = ({ verb, subresource }: RequestInfo): boolean =>
  verb === "watch" || verb === "proxy" || streams.has(subresource);

/** The words of Kubernetes' own limit; clients wait and ask again. */
function refuseBusy(response: HttpResponse): void {
  const headers = { "content-type": "text/plain; charset=utf-8", "retry-after": "1" };
  response.begin(429, headers);
  response.end("Too many requests, please try again later.\n");
}

/** What Go's server says of a request line that it cannot read. */
function refuseUrl(response: HttpResponse): void {
  response.begin(400, { "content-type": "text/plain; charset=utf-8" });
  response.end("400 Bad Request");
}

/** What the metrics tell apart among writes. */
const mutationOf = ({ request, query, info }: Arrival) => ({
  dryRun: query.has("dryRun"),
  isApply: info.verb === "patch" && plainType(request.header("content-type")) === applyPatch,
});

/** What is not a stream has an end: the client hears of it, whatever goes on behind. */
async function serveInTime(door: DoorContext, arrival: Arrival, endless: boolean): Promise<void> {
  let cancel = () => {};
  try {
    if (!endless) {
      const milliseconds = deadlineMs(arrival.query, door.limits.requestMsMax);
      cancel = door.options.world.after(milliseconds, () => {
        void answerError(door, arrival, overdue());
      });
    }
    await serve(door, arrival, endless);
  } catch (error) {
    await answerError(door, arrival, error);
  } finally {
    cancel();
  }
}

async function serve(door: DoorContext, arrival: Arrival, endless: boolean): Promise<void> {
  const { request, info, flow } = arrival;
  const user = await actingUser(door, request);
  // Streams take no seats; a watch gives them back once it stands.
  if (!endless || info.verb === "watch") {
    const taken = takeSeats(door, arrival, user);
    const leave = taken instanceof Promise ? await taken : taken;
    if (leave === undefined) return;
    flow.leave = leave;
  }
  try {
    await authorize(door, user, info, request.method);
    const caller = callerOf(user, request.header("user-agent") ?? "");
    const exchange: Exchange = { door, user, caller, ...arrival };
    if (!info.resourceRequest) await serveDocument(exchange);
    else await serveRoute(exchange, routeResource(door.served, info, request.method));
  } finally {
    flow.leave?.();
  }
}

async function actingUser(door: DoorContext, request: HttpRequest): Promise<User> {
  const credentials = {
    certificate: request.certificate,
    authorization: request.header("authorization"),
  };
  const user = await authenticate(credentials, door.authenticators);
  const headers = impersonationHeaders(request);
  return headers === undefined ? user : impersonate(user, headers, door.authorizer);
}

async function authorize(
  door: DoorContext,
  user: User,
  info: RequestInfo,
  method: string,
): Promise<void> {
  const attributes: Attributes = {
    user,
    verb: info.resourceRequest ? info.verb : method.toLowerCase(),
    resourceRequest: info.resourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
  };
  const decided = door.authorizer(attributes);
  const { decision, reason } = decided instanceof Promise ? await decided : decided;
  if (decision !== "allow") throw refusal(attributes, reason);
}

async function serveRoute(exchange: Exchange, route: Route): Promise<void> {
  if (route.type === "resource") return serveResource(exchange, route.verb, route.place);
  if (route.type === "connect") return serveConnect(exchange, route.connect, route.place);
  if (route.type === "review") return serveReview(exchange, route.review, route.namespace);
  if (route.type === "methodNotAllowed") throw methodNotAllowed();
  if (route.type === "unknownResource") throw unknownResource();
  await sendText(exchange, 404, pageNotFound);
}

/** Tells the client what went wrong, as long as nothing was sent yet. */
async function answerError(door: DoorContext, arrival: Arrival, error: unknown): Promise<void> {
  const { request, response, query } = arrival;
  const failure = toStatusError(error);
  // A client that left in the middle is nothing to report.
  if (!(error instanceof StatusError) && !response.closed) {
    door.options.log.error({ err: error, path: arrival.info.path }, "request failed");
  }
  if (response.closed || response.begun) {
    response.destroy();
    return;
  }
  const media = negotiateError(mediaRequest(request, query));
  const { contentType, bytes } = encodeDocument(failure.status, media);
  const retryAfter = failure.status.details?.retryAfterSeconds ?? 0;
  const headers = {
    ...commonHeaders({ ...arrival, door }),
    "content-type": contentType,
    ...(retryAfter > 0 ? { "retry-after": String(retryAfter) } : {}),
  };
  const body = request.method === "HEAD" ? new Uint8Array(0) : bytes;
  await sendBytes(response, { status: failure.code, headers }, body, false);
}
