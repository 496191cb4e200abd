/**
 * Watches and logs as messages of a WebSocket, for browsers: what would be the body of an answer is
 * sent piece by piece. As Kubernetes does it.
 */
import { type WebSocket, WebSocketServer } from "ws";
import type { Headers, HttpRequest, HttpResponse, Upgrade } from "./exchange.ts";
import { subprotocolsOf } from "./subprotocols.ts";

/** Clients have nothing to say here but their goodbye. */
const messageBytesMax = 64 * 1024;
/** Bytes that wait for a slow client before it is waited for. */
const waitingBytesMax = 1024 * 1024;
const normalClosure = 1_000;
const base64Protocol = "base64.binary.k8s.io";

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  maxPayload: messageBytesMax,
  perMessageDeflate: false,
  handleProtocols: (offered) => [...offered][0] ?? false,
});

/** A response whose success is a WebSocket; anything else is answered as ever. */
export function messagesResponse(
  request: HttpRequest & { readonly upgrade: Upgrade },
  plain: HttpResponse,
): HttpResponse {
  let socket: WebSocket | undefined;
  const [protocol = ""] = subprotocolsOf(request.headers("sec-websocket-protocol")).offered;
  const accept = (headers: Headers) => {
    const { request: incoming, take } = request.upgrade;
    const { socket: connection, head } = take();
    if (protocol === "") delete incoming.headers["sec-websocket-protocol"];
    else incoming.headers["sec-websocket-protocol"] = protocol;
    const isJson = String(headers["content-type"]).includes("json");
    server.handleUpgrade(incoming, connection, head, (ws) => {
      ws.on("error", () => ws.terminate());
      socket = ws;
    });
    // A handshake that was refused has been answered by the library.
    return isJson ? linesOf : (chunk: Uint8Array) => [chunk];
  };
  let split: (chunk: Uint8Array) => readonly Uint8Array[] = (chunk) => [chunk];
  let isText = false;
  const send = (chunk: Uint8Array) => {
    for (const message of split(chunk)) {
      if (protocol === base64Protocol) socket?.send(Buffer.from(message).toString("base64"));
      else socket?.send(message, { binary: !isText });
    }
    return (socket?.bufferedAmount ?? 0) < waitingBytesMax;
  };
  const isClosed = () => (socket ? socket.readyState !== socket.OPEN : plain.closed);
  const bytesOf = (chunk: Uint8Array | string) => Buffer.from(chunk as Uint8Array);
  return {
    get begun() {
      return plain.begun;
    },
    get status() {
      return plain.status;
    },
    get closed() {
      return isClosed();
    },
    get waitingBytes() {
      return socket?.bufferedAmount ?? plain.waitingBytes;
    },
    begin: (status, headers) => {
      if (status !== 200) return plain.begin(status, headers);
      split = accept(headers);
      isText = split === linesOf;
    },
    flush: () => (socket ? undefined : plain.flush()),
    write: (chunk) => (socket ? isClosed() || send(bytesOf(chunk)) : plain.write(chunk)),
    writeAll: (chunks) =>
      socket ? isClosed() || send(Buffer.concat(chunks)) : plain.writeAll(chunks),
    drained: () => (socket ? drained(socket) : plain.drained()),
    end: (chunk) => {
      if (!socket) return plain.end(chunk);
      if (chunk !== undefined && !isClosed()) send(bytesOf(chunk));
      socket.close(normalClosure);
    },
    destroy: () => (socket ? socket.terminate() : plain.destroy()),
    onClose: (listener) => plain.onClose(listener),
  };
}

const newline = 10;

/** One message an event: each is a line. */
function linesOf(chunk: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
    lines.push(chunk.subarray(start, end + 1));
    start = end + 1;
  }
  if (start < chunk.length) lines.push(chunk.subarray(start));
  return lines;
}

/** Resolves when an empty frame behind everything has left, or the client has gone. */
function drained(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.once("close", resolve);
    return socket.ping(undefined, undefined, () => {
      socket.off("close", resolve);
      resolve();
    });
  });
}
