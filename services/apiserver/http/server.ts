/** The HTTPS door: one TLS port for HTTP/2 and HTTP/1.1. */
import { setMaxListeners } from "node:events";
import type { IncomingMessage } from "node:http";
import { createSecureServer, type Http2SecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { assembleDoor } from "./assemble.ts";
import { connectionCloser } from "./connections.ts";
import type { Handler } from "./exchange.ts";
import { doorHandler } from "./handler.ts";
import { nodeRequest, nodeResponse, nodeUpgrade } from "./node.ts";
import { messagesResponse } from "./messages.ts";
import type { HttpOptions, HttpServer } from "./options.ts";

export type { HttpOptions, HttpServer } from "./options.ts";

/** Streams of one HTTP/2 connection that run at a time, as Go's server has it. */
const concurrentStreamsMax = 250;
/**
 * Bytes of a request's head, as Go's server has it: selectors and tokens grow long. Milliseconds
 * that an idle connection is kept, as kube-apiserver has it: a client that comes back after less
 * shall not find it closed.
 */
const http1Options = { maxHeaderSize: 1024 * 1024, keepAliveTimeout: 90_000 };

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
  const door = assembleDoor(options, address);
  serve(server, doorHandler(door), options);
  // Strangers who speak no TLS, or leave in the middle of it, are counted and no more.
  server.on("tlsClientError", () => door.metrics.handshakeFailed());
  const endConnections = connectionCloser(server, options.world, door.limits.closeMsMax);
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
  // Node's HTTP/2 server hands over connections of HTTP/1.1 as well, and only those can change.
  (server as Upgrading).shouldUpgradeCallback = (request) =>
    isCommand(request) || isMessages(request);
  (server as Upgrading).on("upgrade", (incoming, socket, head) => {
    const { request, response } = nodeUpgrade(incoming, socket, head);
    const isPlain = isCommand(incoming);
    handle(request, isPlain ? response : messagesResponse(request, response)).catch(
      (error: unknown) => {
        log.error({ err: error }, "a stream broke its handler");
        socket.destroy();
      },
    );
  });
  server.on("sessionError", () => {});
}

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
type Upgrading = Http2SecureServer & {
  shouldUpgradeCallback(request: IncomingMessage): boolean;
  on(event: "upgrade", listener: OnUpgrade): void;
};

/** What speaks another protocol by itself. */
const isCommand = ({ url = "" }: IncomingMessage): boolean =>
  /\/(exec|attach|portforward|proxy)([/?]|$)/.test(url);

/** Elsewhere a wish for another protocol is passed over, as HTTP allows. */
const isMessages = ({ url = "", method, headers }: IncomingMessage): boolean =>
  method === "GET" &&
  headers.upgrade?.toLowerCase() === "websocket" &&
  /\/log([?]|$)|\/watch\/|[?&]watch=(true|1)(&|$)/.test(url);

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
