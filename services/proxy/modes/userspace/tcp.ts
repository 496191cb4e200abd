/** A TCP port that passes each connection to an endpoint. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { World } from "#libs/actor/world.ts";
import { endpointId, type Balancer } from "./balancer.ts";
import type { OpenPort } from "./ports.ts";

/** Connections of one listener at the same time; further ones are refused. */
const connectionsMax = 8_192;
/** Endpoints that are tried for one connection. */
const attemptsMax = 4;
/** Milliseconds of silence after which a side is asked whether it is still there. */
const keepAliveMs = 60_000;
/** Milliseconds that an endpoint has to accept a connection. */
const connectMsMax = 2_000;

/** Resolves when the port is open; rejects with the system's error when it is refused. */
export async function openTcp(
  address: string,
  port: number,
  balancerOf: () => Balancer,
  world: World,
): Promise<OpenPort> {
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    void forward(client, balancerOf(), world);
  });
  server.maxConnections = connectionsMax;
  server.listen({ host: address, port, exclusive: true });
  await once(server, "listening");
  // A connection that could not be accepted is its client's loss, not the port's.
  server.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => server.once("close", resolve));
  return {
    port,
    // The system stops listening at once; an endpoint that ends finishes what it began.
    close: async () => void server.close(),
    ended,
    refresh: () => undefined,
    abort: async () => {
      if (server.listening) server.close();
      for (const client of clients) client.destroy();
      await ended;
    },
  };
}

async function forward(client: Socket, balancer: Balancer, world: World): Promise<void> {
  // An error is followed by "close", which ends the other side.
  client.on("error", () => undefined);
  const tried = new Set<string>();
  const from = client.remoteAddress ?? "";
  while (tried.size < attemptsMax && !client.destroyed) {
    const endpoint = balancer.choose(from, world.monotonic(), tried);
    if (endpoint === undefined) break;
    tried.add(endpointId(endpoint));
    const backend = await tryConnect(endpoint.address, endpoint.port);
    if (backend === undefined) continue;
    join(client, backend);
    return;
  }
  // To the client it looks as if nobody listened.
  client.resetAndDestroy();
}

/** Undefined when the endpoint refuses or does not answer in time. */
function tryConnect(host: string, port: number): Promise<Socket | undefined> {
  const socket = connect({ host, port, allowHalfOpen: true, timeout: connectMsMax });
  return new Promise((resolve) => {
    const fail = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.once("error", fail).once("timeout", fail);
    socket.once("connect", () => {
      socket.off("error", fail).off("timeout", fail);
      socket.on("error", () => undefined);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** What one side says reaches the other, also that it has finished or broken off. */
function join(client: Socket, backend: Socket): void {
  for (const [one, other] of [
    [client, backend],
    [backend, client],
  ] as const) {
    one.setNoDelay(true);
    one.setKeepAlive(true, keepAliveMs);
    one.once("close", (hadError) => {
      if (hadError) other.resetAndDestroy();
      else other.destroySoon();
    });
    one.pipe(other);
  }
  if (client.destroyed) backend.destroy();
  else client.resume();
}
