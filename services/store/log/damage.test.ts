/** A log that is not what was written is refused, loudly, and with the place of the damage. */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { clientOf, connectBus, openKept, pod, put, startStore, tryToStart } from "../rig.ts";
import { encodeBatch } from "./batch.ts";
import type { DurableStream } from "./stream.ts";

let nats: TestNatsServer;
let bus: NatsBus;

beforeEach(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
});

afterEach(async () => {
  await bus?.close();
  await nats?.stop();
});

async function writeSome(count: number) {
  const store = await startStore(nats.url);
  const client = clientOf(bus);
  const value = "v".repeat(400);
  for (let index = 0; index < count; index += 1) {
    await client.commit([put("CREATE", pod(`p${index}`), { value })]);
  }
  return store;
}

/** Makes a log of a few batches, damages it, and tells what a store says that reads it. */
async function afterDamage(damage: (log: DurableStream) => Promise<unknown>) {
  const store = await writeSome(3);
  await store.stop();
  const log = await openKept(bus, "LOG");
  await damage(log);
  log.close();
  const { isReady, problem } = await tryToStart(bus);
  return isReady ? "ready" : problem;
}

test("its beginning is missing", async () => {
  expect(await afterDamage((log) => log.cutBefore(3))).toBe(
    "the log begins with message 3, but message 1 was written",
  );
});

test("all of it is missing", async () => {
  expect(await afterDamage((log) => log.cutBefore(100))).toBe(
    "the log is empty, but message 1 was written",
  );
});

test("garbage stands in it", async () => {
  const garbage = new TextEncoder().encode("garbage");
  expect(await afterDamage((log) => log.append(bus.subjects.log(), garbage, 5))).toBe(
    "log message 6: the checksum is wrong",
  );
});

test("a batch does not continue the one before", async () => {
  const position = { sequence: 5, crc: 1, epoch: 1, nextRevision: 4 };
  const { payload } = encodeBatch({ position, leader: "stranger", timeMs: 0, writes: [] });
  expect(await afterDamage((log) => log.append(bus.subjects.log(), payload, 5))).toBe(
    "log message 6: it does not continue the message before it",
  );
});

describe("one bit is flipped in the server's file", () => {
  /** Flips it inside a value, so far into the file. */
  async function flip(part: number) {
    const folder = join(
      nats.folder,
      "jetstream",
      "jetstream",
      "$G",
      "streams",
      "LOG_kubus",
      "msgs",
    );
    const [file = ""] = (await readdir(folder)).filter((name) => name.endsWith(".blk"));
    const bytes = await readFile(join(folder, file));
    const at = bytes.indexOf("vvvv", Math.floor(bytes.length * part));
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(join(folder, file), bytes);
  }

  // A server that was killed reads its files anew, and drops the damaged message with all that
  // follow; one that was stopped trusts its index, and cannot give the message.
  test.each([
    ["SIGKILL", 0.05, /^the log ends at message \d+: messages \d+ to 101 were acknowledged/],
    ["SIGKILL", 0.5, /^the log ends at message \d+: messages \d+ to 101 were acknowledged/],
    ["SIGKILL", 0.99, /^the log ends at message \d+: messages \d+ to 101 were acknowledged/],
    ["SIGTERM", 0.5, /^LOG_kubus: message \d+ is missing|^the log ends at message \d+/],
  ] as const)("after %s, at %d of it", async (signal, part, problem) => {
    const store = await writeSome(100);
    const reconnected = new Promise<void>((resolve) => bus.onReconnect(resolve));
    await store.stop();
    await nats.kill(signal);
    await flip(part);
    await nats.start();
    await reconnected;
    const end = await tryToStart(bus);
    expect(end.problem).toMatch(problem);
    expect(end.isReady).toBe(false);
  });
});
