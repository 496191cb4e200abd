/** Connections of the door: which are at work, and how they end. */
import type { ServerResponse } from "node:http";
import type { Http2SecureServer, ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { World } from "#libs/actor/world.ts";

/**
 * Returns what closes the server: requests under way get `closeMsMax` milliseconds to finish, idle
 * connections end at once. Resolves when the last connection is gone.
 */
export function connectionCloser(
  server: Http2SecureServer,
  world: World,
  closeMsMax: number,
): () => Promise<void> {
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<TLSSocket>();
  /** HTTP/1.1 alone: HTTP/2 knows by itself what is under way on a connection. */
  const busy = new Map<TLSSocket, ServerResponse>();
  let closing: Promise<void> | undefined;

  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (request, response) => {
    if (request.httpVersionMajor !== 1) return;
    const socket = request.socket as TLSSocket;
    busy.set(socket, response as unknown as ServerResponse);
    response.once("close", () => {
      busy.delete(socket);
      if (closing !== undefined) socket.end();
    });
  });

  const close = async () => {
    const cancel = world.after(closeMsMax, () => {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    });
    // Closing cuts off answers that are ended and not yet sent.
    await Promise.all([...busy.values()].map(sent));
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of sessions) session.close();
    for (const socket of sockets) {
      if (socket.alpnProtocol !== "h2" && !busy.has(socket)) socket.end();
    }
    await closed;
    cancel();
  };
  return () => {
    closing ??= close();
    return closing;
  };
}

/** Resolves when an answer that was ended has left, and at once for one that goes on. */
function sent(response: ServerResponse): Promise<void> {
  if (!response.writableEnded) return Promise.resolve();
  return new Promise((resolve) => response.once("close", () => resolve()));
}
