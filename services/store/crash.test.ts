/** Whatever is killed, nothing that was acknowledged is lost and no revision is used twice. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { encodeBatch, readBatch } from "./log/batch.ts";
import { startOfLog } from "./log/position.ts";
import { clientOf, connectBus, openKept, pod, put, startStore, startStoreProcess } from "./rig.ts";
import { logBatch } from "./wire.ts";
import { commitSurely, expectAll, startWriters } from "./writers.ts";

let nats: TestNatsServer;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;
/** Asks again soon what was lost with a store. */
let impatient: ReturnType<typeof clientOf>;

beforeEach(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
  client = clientOf(bus);
  impatient = clientOf(bus, { timeoutMs: 400 });
});

afterEach(async () => {
  await bus?.close();
  await nats?.stop();
});

test("an orderly restart keeps objects, history, request ids and revisions", async () => {
  const first = await startStore(nats.url);
  await client.commit([put("CREATE", pod("a"), { value: "1" })], "id-a");
  await client.commit([
    put("UPDATE", pod("a"), { value: "2" }),
    put("CREATE", pod("b"), { value: "b" }),
  ]);
  await client.commit([put("DELETE", pod("b"))]);
  await first.stop();

  const second = await startStore(nats.url);
  expect((await client.list()).records.map(({ key, revision }) => [key?.name, revision])).toEqual([
    ["a", 2],
  ]);
  expect((await client.get(pod("b"), 3)).value).toBe("b");
  expect((await client.get(pod("a"), 1)).value).toBe("1");
  expect((await client.changes(1)).changes.map(({ revision }) => revision)).toEqual([2, 3, 4]);
  expect(await client.commit([put("CREATE", pod("a"))], "id-a")).toMatchObject({ revision: 1 });
  expect(await client.commit([put("CREATE", pod("b"))])).toMatchObject({ revision: 5 });
  await second.stop();
});

test("nats-server is killed in the middle of writes", async () => {
  const store = await startStore(nats.url);
  const writers = startWriters(impatient, 8);
  for (let round = 0; round < 4; round += 1) {
    await writers.progress(50);
    await nats.kill("SIGKILL");
    await nats.start();
  }
  await writers.progress(20);
  await expectAll(client, await writers.end());
  expect(store.supervised.restarts()).toBe(0);
  await store.stop();
});

describe("the store's process", () => {
  const running: ReturnType<typeof startStoreProcess>[] = [];
  const start = () => {
    const store = startStoreProcess(nats.url);
    running.push(store);
    return store;
  };
  afterEach(() => Promise.all(running.splice(0).map((store) => store.end())));

  test("is killed in the middle of writes", async () => {
    let store = start();
    const writers = startWriters(impatient, 8);
    for (let round = 0; round < 4; round += 1) {
      await writers.progress(50);
      await store.end();
      store = start();
    }
    await writers.progress(20);
    await expectAll(client, await writers.end());
  });

  test("is killed together with nats-server", async () => {
    let store = start();
    const writers = startWriters(impatient, 8);
    for (let round = 0; round < 3; round += 1) {
      await writers.progress(50);
      await Promise.all([nats.kill("SIGKILL"), store.end()]);
      await nats.start();
      store = start();
    }
    await writers.progress(20);
    await expectAll(client, await writers.end());
  });
});

test("a crashed store is started again by its supervisor", async () => {
  const store = await startStore(nats.url);
  const writers = startWriters(impatient, 4);
  const control = bus.subjects.actor("store", "0", "control");
  for (let round = 0; round < 3; round += 1) {
    await writers.progress(30);
    await bus.request(control, new TextEncoder().encode('{"crash":{}}'));
  }
  await writers.progress(20);
  await expectAll(client, await writers.end());
  expect(store.supervised.restarts()).toBe(3);
  await store.stop();
});

test("a full disk is told to writers, keeps readers, and ends when there is space", async () => {
  const reconnected = new Promise<void>((resolve) => bus.onReconnect(resolve));
  await nats.kill();
  await nats.start({ storeBytesMax: 2_000_000 });
  await reconnected;
  const store = await startStore(nats.url);
  const value = "v".repeat(100_000);
  let [written, refusal] = [0, ""];
  while (refusal === "") {
    const answer = await client.commit([put("CREATE", pod(`p${written}`), { value })]);
    if (answer.failure === "COMMIT_FAILURE_UNSPECIFIED") written += 1;
    else refusal = `${answer.failure}: ${answer.message}`;
  }
  expect(refusal).toMatch(/^COMMIT_FAILURE_FULL: .*(resources|storage|maximum)/);
  expect((await client.list()).records.length).toBe(written);
  await nats.kill();
  await nats.start({});
  expect(await commitSurely(impatient, "last", "last")).toBe(written + 1);
  expect(store.supervised.restarts()).toBe(0);
  await store.stop();
});

describe("a log that another writes to", () => {
  const open = () => openKept(bus, "LOG", { appendTimeoutMs: 200, appendMsMax: 1_000 });
  const batch = (leader: string, position = startOfLog) =>
    encodeBatch({ position, leader, timeMs: 0, writes: [] }).payload;

  test("refuses whoever is behind, and knows its own message again", async () => {
    const [mine, other] = [await open(), await open()];
    const subject = bus.subjects.log();
    expect(await mine.append(subject, batch("mine"), 0)).toEqual({ type: "Appended", sequence: 1 });
    expect(await other.append(subject, batch("other"), 0)).toMatchObject({ type: "Fenced" });
    // The answer to the first sending was lost: the message is there already.
    expect(await mine.append(subject, batch("mine"), 0)).toEqual({ type: "Appended", sequence: 1 });
    expect(await mine.append(subject, batch("mine"), 5)).toMatchObject({ type: "Lost" });
    mine.close();
    other.close();
  });

  test("gives up when nobody answers", async () => {
    const mine = await open();
    await mine.append(bus.subjects.log(), batch("mine"), 0);
    await nats.kill();
    const outcome = await mine.append(bus.subjects.log(), batch("mine"), 1);
    expect(outcome.type).toBe("Unknown");
    await nats.start();
    mine.close();
  });

  test("deposes a leader, which is silent, follows, and leads again", async () => {
    const store = await startStore(nats.url);
    await client.commit([put("CREATE", pod("a"))]);
    const log = await open();
    const { last } = await log.range();
    const newest = await log.message(last);
    const crc = previousCrc(newest?.payload);
    const before = { ...startOfLog, sequence: last - 1, epoch: 1, nextRevision: 1, crc };
    const { position } = readBatch(before, last, newest?.payload ?? new Uint8Array(0));
    const takeover = batch("other/1", { ...position, epoch: 2 });
    const subject = bus.subjects.log();
    expect(await log.append(subject, takeover, last)).toMatchObject({ type: "Appended" });
    await expect(impatient.commit([put("CREATE", pod("b"))])).rejects.toThrow(/no answer/);
    expect(await commitSurely(impatient, "b", "b")).toBe(2);
    expect(store.supervised.restarts()).toBe(0);
    log.close();
    await store.stop();
  });
});

const previousCrc = (payload: Uint8Array | undefined): number =>
  payload ? logBatch.decode(payload).previousCrc : 0;
