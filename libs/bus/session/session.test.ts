/** Sessions over a real bus: order, flow control, ends, and sides that vanish. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { connect, type NatsBus } from "../connect.ts";
import { Channel, type ChannelFrame, windowBytesMax } from "./channel.ts";
import { Session } from "./session.ts";
import { socketOf } from "./socket.ts";

/** Time goes a hundred times as fast: the other side is asked every 20 ms. */
const haste = 100;
const world = {
  ...realWorld,
  every: (ms: number, run: () => void) => realWorld.every(ms / haste, run),
};

let nats: TestNatsServer;
let left: NatsBus;
let right: NatsBus;
let count = 0;

beforeAll(async () => {
  nats = await startNatsServer();
  [left, right] = await Promise.all([join("left"), join("right")]);
});

afterAll(async () => {
  await Promise.all([left.close(), right.close()]);
  await nats.stop();
});

const join = (name: string) =>
  connect({ servers: nats.url, prefix: "kubus", name, world: realWorld });

/** Both sides of a new session. */
async function pair(node: NatsBus = right): Promise<readonly [client: Session, node: Session]> {
  const id = `session-${(count += 1)}`;
  const made = [
    new Session({ bus: left, world, id, side: "client", peer: "the node" }),
    new Session({ bus: node, world, id, side: "node", peer: "the client" }),
  ] as const;
  await Promise.all([left.flush(), node.flush()]);
  return made;
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

test("channels are apart, and end apart", async () => {
  const [client, node] = await pair();
  await client.channel(0).write(Buffer.from("in"));
  client.channel(0).end();
  await node.channel(1).write(Buffer.from("out"));
  await node.channel(2).write(Buffer.from("err"));
  expect(await textOf(node.channel(0))).toBe("in");
  node.finish({ exitCode: 3 });
  expect(await Promise.all([1, 2].map((n) => textOf(client.channel(n))))).toEqual(["out", "err"]);
  expect(await client.over).toEqual({ exitCode: 3, message: "", reset: false, lost: false });
});

test("sizes come, the last of them also to who listens late", async () => {
  const [client, node] = await pair();
  client.resize({ width: 80, height: 24 });
  client.resize({ width: 100, height: 30 });
  await client.channel(0).write(Buffer.from("."));
  await node.channel(0)[Symbol.asyncIterator]().next();
  const sizes: object[] = [];
  node.onSize((size) => sizes.push(size));
  expect(sizes).toEqual([{ width: 100, height: 30 }]);
  client.finish();
});

test("who writes waits for who reads, and nothing is lost", async () => {
  const [client, node] = await pair();
  const total = 4 * windowBytesMax;
  let sent = 0;
  const writing = (async () => {
    for (; sent < total; sent += 10_000) await node.channel(1).write(Buffer.alloc(10_000, 7));
    node.finish();
  })();
  // A question and its answer: what was sent before has come.
  for (let turn = 0; turn < 5; turn += 1) await Promise.all([left.flush(), right.flush()]);
  expect(sent).toBeLessThanOrEqual(windowBytesMax);
  let read = 0;
  for await (const chunk of client.channel(1)) read += chunk.length;
  await writing;
  expect(read).toBe(sent);
});

test("a reader that has enough stops the writer", async () => {
  const [client, node] = await pair();
  client.channel(1).close();
  let wasTaken = true;
  while (wasTaken) wasTaken = await node.channel(1).write(Buffer.alloc(50_000));
  expect(node.isOver).toBe(false);
  client.finish();
});

test("a side that leaves in order is heard of", async () => {
  const [client, node] = await pair();
  client.finish({ message: "enough" });
  expect(await node.over).toMatchObject({ message: "enough", lost: false });
  expect(await node.channel(1).write(Buffer.from("x"))).toBe(false);
});

test("a side that vanishes is missed", async () => {
  const doomed = await join("doomed");
  const [client] = await pair(doomed);
  await doomed.close();
  const ending = await client.over;
  expect(ending).toMatchObject({ lost: true, message: "the connection to the node was lost" });
  expect(await textOf(client.channel(1))).toBe("");
});

test("a lost message ends the session loudly", async () => {
  const faulty = await join("faulty");
  const [client, node] = await pair(faulty);
  faulty.faults.add({ subject: "kubus.node.v1.session.>", dropPercent: 100, delayMs: 0 });
  await client.channel(0).write(Buffer.from("lost"));
  await Promise.all([left.flush(), faulty.flush()]);
  faulty.faults.clear();
  await client.channel(0).write(Buffer.from("seen"));
  expect((await node.over).message).toBe("messages of the session were lost");
  expect((await client.over).message).toBe("messages of the session were lost");
  await faulty.close();
});

test.each([
  ["no frame", Buffer.from([255, 255])],
  ["a frame out of order", Buffer.from([8, 9])],
])("%s ends it", async (_, payload) => {
  const [client] = await pair();
  left.publish(left.subjects.session(`session-${count}`, "client"), payload);
  expect((await client.over).message).not.toBe("");
});

describe("a socket over a channel", () => {
  test("is closed one half at a time", async () => {
    const [client, node] = await pair();
    const [here, there] = [socketOf(client), socketOf(node)];
    here.end("question");
    expect(await textOf(there as AsyncIterable<Buffer>)).toBe("question");
    there.end("answer");
    expect(await textOf(here as AsyncIterable<Buffer>)).toBe("answer");
  });

  test("fails as the session does", async () => {
    const [client, node] = await pair();
    const here = socketOf(client);
    const failed = new Promise<Error>((resolve) => here.once("error", resolve));
    here.resume();
    node.finish({ message: "cut off", reset: true });
    expect(await failed).toMatchObject({ message: "cut off", code: "ECONNRESET" });
  });
});

describe("a channel", () => {
  test.each<[ChannelFrame, string]>([
    [{ data: Buffer.alloc(windowBytesMax + 1) }, "too much data"],
    [{ credit: 1 }, "too much credit"],
  ])("refuses what is beyond the window", (frame, message) => {
    expect(() => new Channel(() => undefined).receive(frame)).toThrow(message);
  });

  test("refuses data after its end", () => {
    const channel = new Channel(() => undefined);
    channel.receive({ end: true });
    expect(() => channel.receive({ data: Buffer.from("x") })).toThrow("data after the end");
  });
});
