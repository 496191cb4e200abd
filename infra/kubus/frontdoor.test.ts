import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { type FrontDoor, inOrder, openFrontDoor } from "./frontdoor.ts";
import { freePort } from "./ports.ts";

interface Named {
  readonly server: Server;
  readonly port: number;
  /** Ends it as a kill does. */
  kill(): void;
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** Says its name, then echoes. */
async function startNamed(name: string): Promise<Named> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server);
  const kill = () => {
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return { server, port: (server.address() as AddressInfo).port, kill };
}

const host = "127.0.0.1";
type IsReady = (port: number) => boolean | undefined;

async function openDoor(backends: readonly Named[], isReady: IsReady = () => true) {
  const port = await freePort(host, 0);
  const door: FrontDoor = await openFrontDoor({
    host,
    port,
    backends: backends.map((backend) => ({ host, port: backend.port })),
    isReady: async (backend) => isReady(backend.port),
    world: realWorld,
  });
  open.push(door);
  return port;
}

async function ask(port: number): Promise<{ name: string; socket: Socket }> {
  const socket = connect({ host, port }).on("error", () => undefined);
  open.push({ close: () => socket.destroy() });
  const [data] = (await once(socket, "data")) as [Buffer];
  return { name: data.toString().trim(), socket };
}

test("clients are shared out, and bytes go both ways", async () => {
  const port = await openDoor([await startNamed("a"), await startNamed("b")]);
  const [first, second] = [await ask(port), await ask(port)];
  expect([first.name, second.name].toSorted()).toEqual(["a", "b"]);
  first.socket.write("hello");
  expect(String((await once(first.socket, "data"))[0])).toBe("hello");
});

test("the end of one server ends its connections, and new ones go to the other", async () => {
  const [a, b] = [await startNamed("a"), await startNamed("b")];
  const port = await openDoor([a, b]);
  const { name, socket } = await ask(port);
  const closed = once(socket, "close");
  (name === "a" ? a : b).kill();
  await closed;
  const other = name === "a" ? "b" : "a";
  for (let round = 0; round < 3; round += 1) expect((await ask(port)).name).toBe(other);
});

test("a server that hangs loses its connections, and gets no more", async () => {
  const [a, b] = [await startNamed("a"), await startNamed("b")];
  const hanging = new Set<number>();
  const port = await openDoor([a, b], (at) => (hanging.has(at) ? undefined : true));
  const { name, socket } = await ask(port);
  const closed = once(socket, "close");
  hanging.add((name === "a" ? a : b).port);
  await closed;
  for (let round = 0; round < 3; round += 1) {
    expect((await ask(port)).name).toBe(name === "a" ? "b" : "a");
  }
});

test("without any server the client's connection ends", async () => {
  const a = await startNamed("a");
  const port = await openDoor([a]);
  a.kill();
  const socket = connect({ host, port }).on("error", () => undefined);
  await once(socket, "close");
});

test.each([
  [0, [true, true, true], [0, 1, 2]],
  [4, [true, true, true], [1, 2, 0]],
  [0, [false, true, true], [1, 2, 0]],
  [1, [false, true, false], [1, 2, 0]],
  [0, [false, false], [0, 1]],
])("at turn %i of %j the order is %j", (turn, readiness, expected) => {
  const backends = readiness.map((ready, index) => ({ ready, index }));
  expect(inOrder(backends, turn).map(({ index }) => index)).toEqual(expected);
});
