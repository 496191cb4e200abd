/** The HTTP core on node:http2, which speaks HTTP/1.1 as well. */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex, Writable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { HttpRequest, HttpResponse, Upgrade } from "./exchange.ts";
import { subprotocolsOf } from "./subprotocols.ts";

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** Node's request, of HTTP/1 or HTTP/2, in the door's own form. */
export function nodeRequest(request: NodeRequest): HttpRequest {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  return {
    method: request.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? "" : url.slice(mark + 1),
    remoteAddress: request.socket?.remoteAddress ?? "",
    certificate: certificateOf(request),
    body: request as AsyncIterable<Uint8Array>,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    headers: (name) => rawValues(request.rawHeaders, name),
    headerNames: () => Object.keys(request.headers),
  };
}

/**
 * A request that asks for another protocol, and a response for when it does not get it: the
 * connection then ends with the answer.
 */
export function nodeUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): {
  readonly request: HttpRequest & { readonly upgrade: Upgrade };
  readonly response: HttpResponse;
} {
  const answer = new ServerResponse(request);
  answer.shouldKeepAlive = false;
  answer.assignSocket(socket as TLSSocket);
  answer.once("finish", () => socket.end());
  // A client that leaves is told by the close that follows.
  socket.on("error", () => undefined);
  let taken = false;
  const upgrade: Upgrade = {
    request,
    take: () => {
      taken = true;
      answer.detachSocket(socket as TLSSocket);
      return { socket, head };
    },
  };
  const response = nodeResponse(answer);
  return {
    request: { ...withSubprotocols(nodeRequest(request)), upgrade },
    response: Object.create(response, {
      begun: { get: () => taken || response.begun },
      status: { get: () => (taken ? switchingProtocols : response.status) },
      destroy: { value: () => socket.destroy() },
      onClose: { value: (listener: () => void) => void socket.once("close", listener) },
    }) as HttpResponse,
  };
}

const switchingProtocols = 101;

/** The token of a browser, which can only send it so, stands where others have it. */
function withSubprotocols(request: HttpRequest): HttpRequest {
  const name = "sec-websocket-protocol";
  const { offered, token } = subprotocolsOf(request.headers(name));
  if (token === undefined) return request;
  const bearer = request.header("authorization") ?? `Bearer ${token}`;
  return {
    ...request,
    header: (asked) => {
      if (asked === "authorization") return bearer;
      return asked === name ? offered.join(", ") : request.header(asked);
    },
    headers: (asked) => (asked === name ? offered : request.headers(asked)),
  };
}

function rawValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
}

// One look-up a connection: reading the peer's certificate costs more than a request.
const certificates = new WeakMap<object, Uint8Array | null>();

function certificateOf(request: NodeRequest): Uint8Array | undefined {
  const socket = ("stream" in request ? request.stream.session?.socket : request.socket) as
    | TLSSocket
    | undefined;
  const holder = "stream" in request ? request.stream.session : socket;
  if (socket === undefined || holder === undefined) return undefined;
  const known = certificates.get(holder);
  if (known !== undefined) return known ?? undefined;
  const certificate = socket.getPeerX509Certificate?.()?.raw ?? null;
  certificates.set(holder, certificate);
  return certificate ?? undefined;
}

/** Node's response, of HTTP/1 or HTTP/2, in the door's own form. */
export function nodeResponse(response: NodeResponse): HttpResponse {
  const destination = response as ServerResponse;
  const http2 = "stream" in response ? response.stream : undefined;
  const gone = () => http2?.destroyed ?? destination.destroyed;
  let ended = false;
  let sent = 0;
  return {
    get status() {
      return sent;
    },
    get begun() {
      return response.headersSent;
    },
    get closed() {
      return ended || gone();
    },
    get waitingBytes() {
      return (http2 ?? destination).writableLength;
    },
    begin: (status, headers) => {
      // Whoever is late finds the answer given.
      if (ended || response.headersSent) return;
      sent = status;
      if (!gone()) destination.writeHead(status, headers as Record<string, string>);
    },
    flush: () => {
      if (!gone()) destination.flushHeaders();
    },
    write: (chunk) => ended || gone() || destination.write(chunk),
    writeAll: (chunks) => ended || gone() || writeTogether(http2 ?? destination, chunks),
    drained: () => drained(destination, gone),
    end: (chunk) => {
      if (gone() || ended) return;
      ended = true;
      if (chunk === undefined) destination.end();
      else destination.end(chunk);
    },
    destroy: () => {
      ended = true;
      if (http2 === undefined) destination.destroy();
      else http2.close();
    },
    onClose: (listener) => {
      if (gone()) queueMicrotask(listener);
      else destination.once("close", listener);
    },
  };
}

function writeTogether(destination: Writable, chunks: readonly Uint8Array[]): boolean {
  let more = true;
  destination.cork();
  for (const chunk of chunks) more = destination.write(chunk);
  destination.uncork();
  return more;
}

function drained(destination: ServerResponse, gone: () => boolean): Promise<void> {
  // Nobody tells a second time that the client left.
  if (gone()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      destination.off("drain", done);
      destination.off("close", done);
      resolve();
    };
    destination.once("drain", done);
    destination.once("close", done);
  });
}
