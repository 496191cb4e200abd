/** The HTTPS door: one TLS port for HTTP/2 and HTTP/1.1. */
import { setMaxListeners } from "node:events";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Authenticators } from "../auth/authenticate.ts";
import { chain, type Authorizer } from "../auth/authorize.ts";
import { bootstrapRoles, bootstrapRules, components, privileged } from "../auth/bootstrap.ts";
import { certificateAuthenticator } from "../auth/certificate.ts";
import { accessReviews } from "../auth/reviews/access.ts";
import { selfSubjectReviews, tokenReviews } from "../auth/reviews/identity.ts";
import { rulesReview } from "../auth/reviews/rules.ts";
import type { Review } from "../auth/reviews/review.ts";
import { tokenAuthenticator, type BoundObject } from "../auth/token.ts";
import { discoveryDocuments } from "../discovery/documents.ts";
import { health } from "../health/health.ts";
import { metrics } from "../health/metrics.ts";
import { openApiDocuments } from "../openapi/documents.ts";
import type { Caller } from "../registry/request.ts";
import { connectionCloser } from "./connections.ts";
import type { DoorContext } from "./context.ts";
import type { Handler } from "./exchange.ts";
import { doorHandler } from "./handler.ts";
import { nodeRequest, nodeResponse } from "./node.ts";
import { defaultLimits, type HttpLimits, type HttpOptions, type HttpServer } from "./options.ts";
import { servedFrom } from "./routes.ts";

export type { HttpOptions, HttpServer } from "./options.ts";

/** Streams of one HTTP/2 connection that run at a time, as Go's server has it. */
const concurrentStreamsMax = 250;
/** Bytes of a request's head, as Go's server has it: selectors and tokens grow long. */
const http1Options = { maxHeaderSize: 1024 * 1024 };

/**
 * Serves until `close` is called or the signal aborts. Rejects when the port is taken or the
 * certificate cannot be used.
 */
export async function startHttp(given: HttpOptions): Promise<HttpServer> {
  const ending = new AbortController();
  // Every open watch listens to it.
  setMaxListeners(0, ending.signal);
  const options = { ...given, signal: ending.signal };
  const { tls, host, port } = options;
  const server = createSecureServer({
    cert: tls.cert,
    key: tls.key,
    ca: tls.clientCa,
    allowHTTP1: true,
    // Certificates are asked for and judged by the authenticator: a stranger gets 401, not a
    // broken connection.
    requestCert: true,
    rejectUnauthorized: false,
    ...http1Options,
    settings: { maxConcurrentStreams: concurrentStreamsMax },
  });
  let bound = port;
  const address = () => options.externalAddress ?? `${host}:${bound}`;
  serve(server, doorHandler(doorContext(options, address)), options);
  const endConnections = connectionCloser(server, options.world, doorLimits(options).closeMsMax);
  const close = () => {
    ending.abort();
    return endConnections();
  };
  await listen(server, host, port);
  bound = (server.address() as AddressInfo).port;
  given.signal.addEventListener("abort", () => void close(), { once: true });
  if (given.signal.aborted) await close();
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

const doorLimits = ({ limits }: HttpOptions): HttpLimits => ({ ...defaultLimits, ...limits });

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
    rulesReview(bootstrapRules, (auth.authorizers ?? []).length > 0),
  ];
  const served = servedFrom(resources, reviews);
  return {
    options,
    limits: doorLimits(options),
    served,
    authenticators,
    authorizer,
    discovery: discoveryDocuments(served, address),
    openApi: openApiDocuments(served),
    health: health(checks, world),
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
