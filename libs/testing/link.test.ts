import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Link } from "./link.ts";

const greeting = "hello\n";
let sockets: Socket[];
let stopServer: () => void;
let link: Link;

/** A server that greets, and repeats what it is told. */
beforeEach(async () => {
  sockets = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.write(greeting);
    socket.on("data", (piece) => socket.write(piece));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  stopServer = () => server.close();
  link = await Link.open((server.address() as AddressInfo).port);
});

afterEach(() => {
  link.close();
  for (const socket of sockets) socket.destroy();
  stopServer();
});

async function greeted() {
  const socket = connect(link.port, "127.0.0.1");
  socket.on("error", () => undefined);
  let text = "";
  socket.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const until = async (wanted: string) => {
    while (!text.includes(wanted)) await once(socket, "data");
  };
  await until(greeting);
  return { socket, until, text: () => text };
}

test("carries both ways", async () => {
  const { socket, until } = await greeted();
  socket.write("one");
  await until("one");
});

test.each([
  ["both directions", ["toServer", "toClient"]],
  ["what goes to the server", ["toServer"]],
  ["what goes to the client", ["toClient"]],
] as const)("cut, %s waits until it heals", async (_, directions) => {
  const { socket, until, text } = await greeted();
  const reached = once(sockets[0] as Socket, "data");
  link.cut(...directions);
  socket.write("late");
  if (directions.length === 1 && directions[0] === "toClient") await reached;
  // What another connection hears meanwhile shows that time passed.
  const direct = connect((sockets[0] as Socket).localPort ?? 0, "127.0.0.1");
  await once(direct, "data");
  direct.destroy();
  expect(text()).toBe(greeting);
  link.heal();
  await until("late");
});

test("severed connections end, and new ones are taken", async () => {
  const { socket } = await greeted();
  const ended = once(socket, "close");
  link.sever();
  await ended;
  await greeted();
});
