/** The HTTPS door: one TLS port for HTTP/2 and HTTP/1.1. */
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Authenticators } from "../auth/authenticate.ts";
import { chain, type Authorizer } from "../auth/authorize.ts";
import { bootstrapRoles, components, privileged } from "../auth/bootstrap.ts";
import { certificateAuthenticator } from "../auth/certificate.ts";
import { accessReviews } from "../auth/reviews/access.ts";
import { selfSubjectReviews, tokenReviews } from "../auth/reviews/identity.ts";
import type { Review } from "../auth/reviews/review.ts";
import { tokenAuthenticator, type BoundObject } from "../auth/token.ts";
import { discoveryDocuments } from "../discovery/documents.ts";
import { health } from "../health/health.ts";
import { metrics } from "../health/metrics.ts";
import { openApiDocuments } from "../openapi/documents.ts";
import type { Caller } from "../registry/request.ts";
import type { DoorContext } from "./context.ts";
import type { Handler } from "./exchange.ts";
import { doorHandler } from "./handler.ts";
import { nodeRequest, nodeResponse } from "./node.ts";
import { defaultLimits, type HttpOptions, type HttpServer } from "./options.ts";
import { servedFrom } from "./routes.ts";

export type { HttpOptions, HttpServer } from "./options.ts";

/** Streams of one HTTP/2 connection that run at a time, as Go's server has it. */
const concurrentStreamsMax = 250;

/**
 * Serves until `close` is called or the signal aborts. Rejects when the port is taken or the
 * certificate cannot be used.
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { tls, host, port, signal } = options;
  const server = createSecureServer({
    cert: tls.cert,
    key: tls.key,
    ca: tls.clientCa,
    allowHTTP1: true,
    // Certificates are asked for and judged by the authenticator: a stranger gets 401, not a
    // broken connection.
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: concurrentStreamsMax, enableConnectProtocol: true },
  });
  let bound = port;
  const address = () => options.externalAddress ?? `${host}:${bound}`;
  serve(server, doorHandler(doorContext(options, address)), options);
  const close = closer(server, options);
  await listen(server, host, port);
  bound = (server.address() as AddressInfo).port;
  signal.addEventListener("abort", () => void close(), { once: true });
  return { port: bound, close };
}

function serve(server: Http2SecureServer, handle: Handler, { log }: HttpOptions): void {
  server.on("request", (request, response) => {
    handle(nodeRequest(request), nodeResponse(response)).catch((error: unknown) => {
      log.error({ err: error }, "a request broke its handler");
      response.destroy?.();
    });
  });
  // Strangers who speak no TLS, or leave in the middle of it, are nothing to report.
  server.on("tlsClientError", () => {});
  server.on("sessionError", () => {});
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Ends politely, and after `closeMsMax` at once. */
function closer(server: Http2SecureServer, options: HttpOptions): () => Promise<void> {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const limits = { ...defaultLimits, ...options.limits };
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= new Promise<void>((resolve) => {
      const cancel = options.world.after(limits.closeMsMax, () => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      });
      server.close(() => {
        cancel();
        resolve();
      });
      for (const session of sessions) session.close();
    });
    return closing;
  };
}

function doorContext(options: HttpOptions, address: () => string): DoorContext {
  const { world, auth = {}, resources, checks = [] } = options;
  const authorizer: Authorizer = chain([
    privileged,
    components,
    ...(auth.authorizers ?? []),
    bootstrapRoles,
  ]);
  const authenticators: Authenticators = {
    certificate: certificateAuthenticator(options.tls.clientCa),
    token: tokenAuthenticator({
      tokens: auth.tokens ?? new Map(),
      publicKeys: auth.serviceAccounts?.publicKeys ?? [],
      issuer: auth.serviceAccounts?.issuer ?? "",
      audiences: auth.serviceAccounts?.audiences ?? [],
      exists: (object) => objectExists(options, object),
      now: world.now,
    }),
    now: world.now,
  };
  const reviews: readonly Review[] = [
    selfSubjectReviews(world.now),
    tokenReviews(authenticators.token),
    ...accessReviews(authorizer),
  ];
  const served = servedFrom(resources, reviews);
  return {
    options,
    limits: { ...defaultLimits, ...options.limits },
    served,
    authenticators,
    authorizer,
    discovery: discoveryDocuments(served, address),
    openApi: openApiDocuments(served),
    health: health(checks),
    metrics: metrics(),
  };
}

const tokenReader: Caller = {
  user: "system:apiserver",
  groups: ["system:masters"],
  manager: "kube-apiserver",
};

/** True when the object that a token is bound to is still the same. */
async function objectExists(
  { registry, resources }: HttpOptions,
  { plural, namespace, name, uid }: BoundObject,
): Promise<boolean> {
  const definition = coreResource(resources, plural);
  if (definition === undefined) return false;
  try {
    const place = { definition, subresource: "", namespace, name };
    const { object } = await registry.get(tokenReader, place, {});
    return object.metadata?.uid === uid;
  } catch {
    return false;
  }
}

const coreResource = (
  resources: readonly ResourceDefinition[],
  plural: string,
): ResourceDefinition | undefined =>
  resources.find((resource) => resource.group === "" && resource.plural === plural);
