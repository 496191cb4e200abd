import { once } from "node:events";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttp2, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { askGrpc, askHttp, askTcp, portOf } from "./handlers.ts";
import { container } from "./pod/example.ts";

const host = "127.0.0.1";
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Listening {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
  close(callback: () => void): unknown;
}

async function portFor(server: Listening & NodeJS.EventEmitter): Promise<number> {
  server.listen(0, host);
  await once(server, "listening");
  ends.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

const patience = { milliseconds: 1_000, signal: new AbortController().signal };
const plain = container("main", { ports: [{ name: "web", containerPort: 8080 }] });

/** Patience that is over as soon as the server was asked. */
function impatience() {
  const over = new AbortController();
  return { patience: { milliseconds: 1_000, signal: over.signal }, end: () => over.abort() };
}

test.each<[string | number, number]>([
  [80, 80],
  ["web", 8080],
  ["81", 81],
])("port %j is %i", (port, expected) => {
  expect(portOf(port, plain)).toBe(expected);
});

test("a port that the container does not name is refused", () => {
  expect(() => portOf("admin", plain)).toThrow("couldn't find port: admin");
});

describe("HTTP", () => {
  const ask = async (answer: RequestListener, more: object = {}) => {
    const port = await portFor(createHttp(answer));
    const result = await askHttp({ port, ...more }, plain, host, patience);
    return { port, ...result };
  };

  test.each([
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [503, false],
  ])("status %i: %s", async (status, ok) => {
    const result = await ask((_, response) => response.writeHead(status).end("text"));
    const output = ok ? "" : `HTTP probe failed with statuscode: ${status}`;
    expect(result).toMatchObject({ ok, output });
  });

  test("path and headers are the probe's", async () => {
    const seen: unknown[] = [];
    await ask(
      (request, response) => {
        seen.push(request.url, request.headers["x-who"], request.headers["user-agent"]);
        response.end();
      },
      { path: "live", httpHeaders: [{ name: "X-Who", value: "me" }] },
    );
    expect(seen).toEqual(["/live", "me", "kube-probe/1.36"]);
  });

  test("nobody there", async () => {
    const port = await portFor(createTcp());
    await ends.pop()?.();
    expect(await askHttp({ port }, plain, host, patience)).toEqual({
      ok: false,
      output:
        `Get "http://${host}:${port}/": ` + `dial tcp ${host}:${port}: connect: connection refused`,
    });
  });

  test("no answer in time", async () => {
    const { patience: short, end } = impatience();
    const port = await portFor(createHttp(end));
    expect(await askHttp({ port }, plain, host, short)).toEqual({
      ok: false,
      output:
        `Get "http://${host}:${port}/": context deadline exceeded ` +
        "(Client.Timeout exceeded while awaiting headers)",
    });
  });
});

describe("TCP", () => {
  test("a port that is open", async () => {
    const port = await portFor(createTcp((socket) => socket.end()));
    expect(await askTcp({ port }, plain, host, patience)).toEqual({ ok: true, output: "" });
  });

  test("one that is not", async () => {
    const port = await portFor(createTcp());
    await ends.pop()?.();
    expect(await askTcp({ port }, plain, host, patience)).toEqual({
      ok: false,
      output: `dial tcp ${host}:${port}: connect: connection refused`,
    });
  });
});

describe("gRPC", () => {
  /** A health service that answers with this message and status, and what it was asked. */
  async function service(message: readonly number[], status: string) {
    const asked: Buffer[] = [];
    const server = createHttp2();
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.on("data", (chunk: Buffer) => asked.push(chunk));
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
      stream.on("end", () => stream.end(Buffer.from([0, 0, 0, 0, message.length, ...message])));
    });
    return { port: await portFor(server), asked };
  }

  test.each<[string, number[], string, boolean]>([
    ["serves", [8, 1], "0", true],
    ["does not serve", [8, 2], "0", false],
    ["says nothing", [], "0", false],
    ["knows no such service", [], "5", false],
  ])("a service that %s", async (_, message, status, ok) => {
    const { port } = await service(message, status);
    expect((await askGrpc({ port }, host, patience)).ok).toBe(ok);
  });

  test("is asked for by name", async () => {
    const { port, asked } = await service([8, 1], "0");
    await askGrpc({ port, service: "shop" }, host, patience);
    expect(Buffer.concat(asked)).toEqual(
      Buffer.concat([Buffer.from([0, 0, 0, 0, 6, 10, 4]), Buffer.from("shop")]),
    );
  });

  test("nobody there", async () => {
    const port = await portFor(createTcp());
    await ends.pop()?.();
    const { ok, output } = await askGrpc({ port }, host, patience);
    expect(ok).toBe(false);
    expect(output).toContain(`failed to connect service "${host}:${port}" within 1s`);
  });
});
