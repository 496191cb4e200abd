/** What listens in simulated containers: HTTP on the ports that they declare, or as scripted. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import { socketOver } from "#libs/bus/session/index.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { ForwardedConnection } from "../../runtime.ts";
import { type PortScript, portScriptOf } from "./answers.ts";

/** Bytes of a WebSocket's message. */
const messageBytesMax = 1024 * 1024;

/** Serves one connection to its end. Rejects when nothing listens on the port. */
export function serveConnection(
  pod: Pod,
  port: number,
  connection: ForwardedConnection,
): Promise<void> {
  const script = portScriptOf(pod, port);
  if (script.type === "closed") {
    const [four, six] = [`dial tcp4 127.0.0.1:${port}`, `dial tcp6 [::1]:${port}`];
    const refused = "connect: connection refused";
    throw new Error(
      `failed to connect to localhost:${port} inside the pod, ` +
        `IPv4: ${four}: ${refused} IPv6 ${six}: ${refused} `,
    );
  }
  return script.type === "echo" ? echo(connection) : serveHttp(pod, port, script, connection);
}

async function echo({ incoming, write, end }: ForwardedConnection): Promise<void> {
  for await (const data of incoming) if (!(await write(data))) return;
  end();
}

async function serveHttp(
  pod: Pod,
  port: number,
  script: PortScript & { readonly type: "http" },
  connection: ForwardedConnection,
): Promise<void> {
  const server = createServer((request, response) => answer(pod, port, script, request, response));
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax });
  server.on("upgrade", (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (ws) =>
      ws.on("message", (data, binary) => ws.send(data, { binary })),
    ),
  );
  await untilClosed(server, connection);
}

function untilClosed(server: Server, connection: ForwardedConnection): Promise<void> {
  const { incoming, write, end, signal } = connection;
  const failure = () => Promise.resolve(undefined);
  const socket = socketOver({ incoming, write, end, failure, destroyed: end });
  signal.addEventListener("abort", () => socket.destroy(), { once: true });
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.once("close", resolve);
    server.emit("connection", socket);
  });
}

function answer(
  { metadata }: Pod,
  port: number,
  { status, headers, body }: PortScript & { readonly type: "http" },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method = "", url = "" } = request;
  const name = `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;
  request.resume();
  request.once("end", () => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
    response.end(body ?? `${name} answers ${method} ${url} on port ${port}\n`);
  });
}
