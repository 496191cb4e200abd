/**
 * One address for several API servers: connections are handed on, byte by byte, to one that is
 * ready, so that clients with a single address in their kubeconfig survive the end of any server.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { World } from "#libs/actor/world.ts";

/** An API server behind the door. */
export interface Backend {
  readonly host: string;
  readonly port: number;
}

export interface FrontDoorOptions {
  readonly host: string;
  readonly port: number;
  readonly backends: readonly Backend[];
  /** Whether a server takes requests; undefined when it does not even answer. */
  readonly isReady: (backend: Backend) => Promise<boolean | undefined>;
  readonly world: World;
}

export interface FrontDoor {
  close(): Promise<void>;
}

/** Milliseconds between two looks at a server, and for a connection to it. */
const lookMs = 1_000;
const connectMsMax = 1_000;
/** Looks without an answer after which a server's connections are cut: it hangs. */
const silencesMax = 2;
/** Connections at one time; clients beyond wait for the system to take theirs. */
const connectionsMax = 10_000;

interface Known extends Backend {
  ready: boolean;
  silences: number;
  readonly sockets: Set<Socket>;
}

/** Resolves when it listens; rejects when the port is taken. */
export async function openFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const { host, port, world } = options;
  const known = options.backends.map((backend): Known => ({
    ...backend,
    ready: true,
    silences: 0,
    sockets: new Set(),
  }));
  const clients = new Set<Socket>();
  let turn = 0;
  const server = createServer({ noDelay: true }, (client) => {
    clients.add(client);
    client.once("close", () => clients.delete(client));
    // Without a listener an end that the client broke off would end this process.
    client.on("error", () => client.destroy());
    void handOn(client, inOrder(known, turn++), world);
  });
  server.maxConnections = connectionsMax;
  await listen(server, host, port);
  const looking = known.map((backend) =>
    world.every(lookMs, () => void look(backend, options.isReady)),
  );
  return {
    close: () => {
      for (const stop of looking) stop();
      for (const client of clients) client.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Those that are ready by turns, then the others: what is known of them may be old. */
export function inOrder<Item extends { readonly ready: boolean }>(
  backends: readonly Item[],
  turn: number,
): Item[] {
  const start = turn % Math.max(1, backends.length);
  const turned = [...backends.slice(start), ...backends.slice(0, start)];
  return [...turned.filter(({ ready }) => ready), ...turned.filter(({ ready }) => !ready)];
}

async function look(backend: Known, isReady: FrontDoorOptions["isReady"]): Promise<void> {
  const ready = await isReady(backend);
  backend.silences = ready === undefined ? backend.silences + 1 : 0;
  backend.ready = ready === true;
  if (backend.silences < silencesMax) return;
  for (const socket of backend.sockets) socket.destroy();
}

/** To the first that takes the connection; the client's ends when none does. */
async function handOn(client: Socket, backends: readonly Known[], world: World): Promise<void> {
  for (const backend of backends) {
    const socket = await reach(backend, world);
    if (!socket) {
      backend.ready = false;
      continue;
    }
    if (client.destroyed) {
      socket.destroy();
      return;
    }
    backend.sockets.add(socket);
    socket.once("close", () => {
      backend.sockets.delete(socket);
      client.destroy();
    });
    client.once("close", () => socket.destroy());
    client.pipe(socket);
    socket.pipe(client);
    return;
  }
  client.destroy();
}

function reach({ host, port }: Backend, world: World): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const settle = (reached: Socket | undefined) => {
      cancel();
      if (!reached) socket.destroy();
      resolve(reached);
    };
    const cancel = world.after(connectMsMax, () => settle(undefined));
    socket.once("connect", () => settle(socket));
    // Later errors end the connection, which its close tells.
    socket.on("error", () => settle(undefined));
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
