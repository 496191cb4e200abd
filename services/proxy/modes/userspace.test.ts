import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { Endpoint, PortRule } from "../decide.ts";
import { type Openers, planRules, Userspace } from "./userspace.ts";
import { openTcp } from "./userspace/tcp.ts";

let userspace: Userspace;
const ends: (() => unknown)[] = [];

beforeEach(() => {
  userspace = new Userspace(realWorld);
});

afterEach(async () => {
  await userspace.close();
  for (const end of ends.splice(0)) await end();
});

/** A server that says its name, then repeats what it hears. */
async function tcpServer(name: string, host = "127.0.0.1"): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  server.listen(0, host);
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return { address: host, port: (server.address() as { port: number }).port };
}

async function udpServer(name: string): Promise<Endpoint> {
  const socket = createSocket("udp4");
  socket.on("message", (datagram, from) => {
    socket.send(`${name}:${datagram.toString()}`, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  ends.push(() => socket.close());
  return { address: "127.0.0.1", port: socket.address().port };
}

/** A free port on an address that no other test uses. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const clusterIp = "127.77.0.9";

const rule = (port: number, endpoints: Endpoint[], changes: Partial<PortRule> = {}): PortRule => ({
  name: "shop/cart:http",
  service: { metadata: { namespace: "shop", name: "cart" } },
  protocol: "TCP",
  clusterIps: [clusterIp],
  port,
  nodePort: 0,
  affinitySeconds: undefined,
  internal: endpoints,
  external: endpoints,
  ...changes,
});

const apply = (...rules: PortRule[]) =>
  userspace.applyRules(planRules(rules, { nodePortAddresses: ["127.0.0.1"] }));

/** Says goodbye at once and returns all that came back. */
async function ask(port: number, host = clusterIp, from = "127.0.0.1"): Promise<string> {
  const socket = connect({ port, host, localAddress: from, allowHalfOpen: true });
  socket.end("hello");
  return (await text(socket)).replace("\n", " ");
}

async function hello(socket: Socket): Promise<string> {
  const [data] = await once(socket, "data");
  return String(data).trim();
}

describe("TCP", () => {
  it("passes connections to the endpoints in turn, and both directions to their end", async () => {
    const endpoints = [await tcpServer("a"), await tcpServer("b")];
    const port = await freePort();
    expect(await apply(rule(port, endpoints))).toEqual({ reports: [], isIncomplete: false });
    const answers = [await ask(port), await ask(port), await ask(port)];
    expect(answers).toEqual(["a hello", "b hello", "a hello"]);
  });

  it("passes a megabyte through", async () => {
    const port = await freePort();
    await apply(rule(port, [await tcpServer("a")]));
    const socket = connect({ port, host: clusterIp, allowHalfOpen: true });
    const sent = "x".repeat(2 ** 20);
    socket.end(sent);
    expect(await text(socket)).toBe(`a\n${sent}`);
  });

  it("serves node ports", async () => {
    const [port, nodePort] = [await freePort(), await freePort()];
    await apply(rule(port, [await tcpServer("a")], { nodePort }));
    expect(await ask(nodePort, "127.0.0.1")).toBe("a hello");
  });

  it("keeps a client with its endpoint", async () => {
    const endpoints = [await tcpServer("a"), await tcpServer("b")];
    const port = await freePort();
    await apply(rule(port, endpoints, { affinitySeconds: 60 }));
    const askFrom = (from: string) => ask(port, clusterIp, from);
    const first = [await askFrom("127.0.0.2"), await askFrom("127.0.0.2")];
    const second = [await askFrom("127.0.0.3"), await askFrom("127.0.0.3")];
    expect([...first, ...second]).toEqual(["a hello", "a hello", "b hello", "b hello"]);
  });

  it("sends nobody new to an endpoint that left, and lets its connections finish", async () => {
    const [a, b] = [await tcpServer("a"), await tcpServer("b")];
    const port = await freePort();
    await apply(rule(port, [a]));
    const old = connect({ port, host: clusterIp });
    expect(await hello(old)).toBe("a");
    await apply(rule(port, [b]));
    expect(await ask(port)).toBe("b hello");
    old.write("still here");
    expect(await hello(old)).toBe("still here");
    old.destroy();
  });

  it("lets connections outlive the service, but not the proxy", async () => {
    const port = await freePort();
    await apply(rule(port, [await tcpServer("a")]));
    const socket = connect({ port, host: clusterIp });
    expect(await hello(socket)).toBe("a");
    await apply();
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
    socket.write("still here");
    expect(await hello(socket)).toBe("still here");
    const closed = once(socket, "close");
    await userspace.close();
    await closed;
  });

  it("refuses when no endpoint is left, and serves again when one comes", async () => {
    const a = await tcpServer("a");
    const port = await freePort();
    await apply(rule(port, [a]));
    await apply(rule(port, []));
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
    await apply(rule(port, [a]));
    expect(await ask(port)).toBe("a hello");
  });

  it("goes on to the next endpoint when one refuses, and resets when all do", async () => {
    const gone = { address: "127.0.0.1", port: await freePort() };
    const port = await freePort();
    await apply(rule(port, [gone, await tcpServer("b")]));
    expect([await ask(port), await ask(port)]).toEqual(["b hello", "b hello"]);
    await apply(rule(port, [gone]));
    await expect(ask(port)).rejects.toThrow(/ECONNRESET|EPIPE/);
  });

  it("follows a change of the port", async () => {
    const a = await tcpServer("a");
    const [before, after] = [await freePort(), await freePort()];
    await apply(rule(before, [a]));
    await apply(rule(after, [a]));
    await expect(ask(before)).rejects.toThrow("ECONNREFUSED");
    expect(await ask(after)).toBe("a hello");
  });

  it("says when a port is taken, and takes it when it is free", async () => {
    const a = await tcpServer("a");
    const squatter = createServer();
    squatter.listen(0, clusterIp);
    await once(squatter, "listening");
    const { port } = squatter.address() as { port: number };
    const { reports, isIncomplete } = await apply(rule(port, [a]));
    expect(isIncomplete).toBe(true);
    expect(reports).toMatchObject([
      { reason: "ListenFailed", message: expect.stringContaining("EADDRINUSE") },
    ]);
    await new Promise((resolve) => squatter.close(resolve));
    expect((await apply(rule(port, [a]))).isIncomplete).toBe(false);
    expect(await ask(port)).toBe("a hello");
  });

  it("opens another port, and says so, where privilege is missing", async () => {
    // A system whose user may not open ports below 1024, which root's own may.
    const refuse: Openers["TCP"] = (address, port, balancerOf, world) => {
      if (port >= 1024) return openTcp(address, port, balancerOf, world);
      return Promise.reject(Object.assign(new Error("listen EACCES"), { code: "EACCES" }));
    };
    userspace = new Userspace(realWorld, { TCP: refuse, UDP: refuse });
    const { reports, isIncomplete } = await apply(rule(80, [await tcpServer("a")]));
    expect(isIncomplete).toBe(false);
    expect(reports).toMatchObject([
      { reason: "ListenMoved", message: expect.stringContaining(`${clusterIp}:10080 instead`) },
    ]);
    expect(await ask(10_080)).toBe("a hello");
    expect((await apply(rule(80, [await tcpServer("b")]))).reports).toEqual([]);
  });

  it("ends everything when it closes", async () => {
    const port = await freePort();
    await apply(rule(port, [await tcpServer("a")]));
    const socket = connect({ port, host: clusterIp });
    expect(await hello(socket)).toBe("a");
    const closed = once(socket, "close");
    await userspace.close();
    await closed;
    await expect(ask(port)).rejects.toThrow("ECONNREFUSED");
  });
});

async function udpClient(): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  ends.push(() => socket.close());
  return socket;
}

async function askUdp(socket: UdpSocket, port: number, said: string): Promise<string> {
  socket.send(said, port, clusterIp);
  const [answer] = await once(socket, "message");
  return String(answer);
}

describe("UDP", () => {
  const udp = (port: number, endpoints: Endpoint[]) => rule(port, endpoints, { protocol: "UDP" });

  it("keeps a conversation with one endpoint and gives the next client another", async () => {
    const endpoints = [await udpServer("a"), await udpServer("b")];
    const port = await freePort();
    await apply(udp(port, endpoints));
    const [one, two] = [await udpClient(), await udpClient()];
    expect(await askUdp(one, port, "1")).toBe("a:1");
    expect(await askUdp(two, port, "2")).toBe("b:2");
    expect(await askUdp(one, port, "3")).toBe("a:3");
  });

  it("moves a conversation whose endpoint left", async () => {
    const [a, b] = [await udpServer("a"), await udpServer("b")];
    const port = await freePort();
    await apply(udp(port, [a]));
    const client = await udpClient();
    expect(await askUdp(client, port, "1")).toBe("a:1");
    await apply(udp(port, [b]));
    expect(await askUdp(client, port, "2")).toBe("b:2");
  });
});
