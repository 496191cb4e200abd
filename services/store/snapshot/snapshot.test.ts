/** Snapshots on a real nats-server: the log stays short, and a restart finds everything. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { Write } from "../decide.ts";
import { startOfLog } from "../log/position.ts";
import type { DurableStream } from "../log/stream.ts";
import { StoreMemory } from "../memory/memory.ts";
import { readList } from "../memory/reading.ts";
import {
  clientOf,
  connectBus,
  openKept,
  pod,
  put,
  silent,
  startStore,
  tryToStart,
} from "../rig.ts";
import { encodeManifest, readManifest } from "./format.ts";
import { loadSnapshot } from "./load.ts";
import { writeSnapshot } from "./write.ts";

let nats: TestNatsServer;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;
let log: DurableStream;
let snapshots: DurableStream;
const config = { historyCountMax: 20, tailBytesMax: 4_000 };

beforeEach(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
  client = clientOf(bus);
  log = await openKept(bus, "LOG");
  snapshots = await openKept(bus, "SNAP");
});

afterEach(async () => {
  await bus?.close();
  await nats?.stop();
});

/** Overwrites a few keys until the log was cut that often. */
async function writeUntilCut(cuts: number) {
  let [seen, first, index] = [0, (await log.range()).first, 0];
  while (seen < cuts) {
    const value = `${index}`.padEnd(200, ".");
    const answer = await client.commit([put("UPDATE", pod(`key-${index++ % 10}`), { value })]);
    expect(answer.failure).toBe("COMMIT_FAILURE_UNSPECIFIED");
    const range = await log.range();
    if (range.first > first) seen += 1;
    first = range.first;
  }
}

const everything = async () => {
  const { revision, records } = await client.list();
  return {
    revision,
    records: records.map(({ value, ...rest }) => [rest, Buffer.from(value).toString()]),
  };
};

describe("a store that writes snapshots", () => {
  beforeEach(async () => {
    const store = await startStore(nats.url, config);
    const names = Array.from({ length: 10 }, (_, index) => `key-${index}`);
    await client.commit(names.map((name) => put("CREATE", pod(name), { partition: "n1" })));
    await client.commit([put("CREATE", { ...pod("quiet"), resource: "secrets" }, { value: "s" })]);
    const brief = { ...pod("brief"), resource: "events" };
    await client.commit([put("CREATE", brief, { value: "e", ttlSeconds: 3_600 })]);
    await writeUntilCut(2);
    await store.stop();
  });

  test("cuts the log, keeps two snapshots, and is the same after a restart", async () => {
    const { first, last } = await log.range();
    expect(first).toBeGreaterThan(1);
    expect(last - first).toBeLessThan(400);
    let store = await startStore(nats.url, config);
    const before = await everything();
    const window = await client.changes(before.revision - 20);
    const oldest = await client.list({ revision: before.revision - 20 });
    await store.stop();

    store = await startStore(nats.url, config);
    expect(await everything()).toEqual(before);
    expect(await client.changes(before.revision - 20)).toEqual(window);
    expect(await client.list({ revision: before.revision - 20 })).toEqual(oldest);
    expect((await client.get({ ...pod("quiet"), resource: "secrets" })).value).toBe("s");
    expect((await client.head("secrets")).resourceRevision).toBe(11);
    const { revision } = await client.commit([put("DELETE", pod("key-0"))]);
    expect(revision).toBe(before.revision + 1);
    await store.stop();
  });

  test("goes on after a crash in the middle of a snapshot", async () => {
    const { last } = await snapshots.range();
    await snapshots.append(bus.subjects.snapshot("chunk"), new Uint8Array(100), last);
    const store = await startStore(nats.url, config);
    const before = await everything();
    await writeUntilCut(3);
    await store.stop();
    const again = await startStore(nats.url, config);
    expect((await everything()).records.length).toBe(before.records.length);
    await again.stop();
  });

  const ends = () => tryToStart(bus, config);

  test.each([
    ["with a wrong checksum", (payload: Uint8Array) => payload.with(3, 99)],
    [
      "of chunks that do not fit",
      (payload: Uint8Array) => {
        const { format: _, crc: __, ...manifest } = readManifest(0, payload);
        return encodeManifest({ ...manifest, chunksCrc: 1 }).payload;
      },
    ],
  ])("uses the snapshot before one %s", async (_, damage) => {
    const good = await ends();
    const { last } = await snapshots.range();
    const newest = await snapshots.lastOn(bus.subjects.snapshot("manifest"));
    const payload = damage(newest?.payload ?? new Uint8Array(0));
    await snapshots.append(bus.subjects.snapshot("manifest"), payload, last);
    expect(await ends()).toEqual(good);
    expect(good).toMatchObject({ isReady: true, problem: "" });
  });

  test("refuses when the snapshots are gone and the log was cut", async () => {
    await snapshots.cutBefore((await snapshots.range()).last + 1);
    const { isReady, problem } = await ends();
    expect(isReady).toBe(false);
    expect(problem).toMatch(/^the log begins with message \d+, but message 1 was written$/);
  });

  test("refuses when the log behind the snapshots is gone", async () => {
    const { last } = await log.range();
    await log.cutBefore(last);
    expect((await ends()).isReady).toBe(false);
  });
});

test("a snapshot is of one revision, whatever is written meanwhile", async () => {
  const empty = () => new StoreMemory({ historyMsMax: 1e12, historyCountMax: 200 });
  const memory = empty();
  const living = new Set<string>();
  let revision = 0;
  const step = () => {
    revision += 1;
    const name = `n${(revision * 7_919) % 300}`;
    const isThere = living.has(name);
    const isDeletion = isThere && revision % 3 === 0;
    const type = !isThere ? "CREATE" : isDeletion ? "DELETE" : "UPDATE";
    if (isDeletion) living.delete(name);
    else living.add(name);
    const write: Write = {
      type: `MUTATION_TYPE_${type}`,
      key: pod(name),
      value: new TextEncoder().encode(isDeletion ? "" : `v${revision}`),
      partition: `p${revision % 5}`,
      confidential: false,
      expiresAtMs: 0,
      revision,
      requestId: "",
    };
    memory.apply(write);
    const position = { ...startOfLog, sequence: revision, nextRevision: revision + 1 };
    memory.closeBatch({ position, timeMs: 0, bytes: 1 }, 0);
  };
  for (let count = 0; count < 2_000; count += 1) step();

  const { floor } = memory;
  const list = { group: "", resource: "pods", namespace: "", afterNamespace: "", afterName: "" };
  const at = { ...list, limit: 0, revision: floor };
  const expected = readList(memory, at, 1e9);
  const partitions = new Map(memory.table("", "pods")?.floorPartitions);
  const { subjects } = bus;
  const chunkBytesMax = 2_000;
  const signal = new AbortController().signal;
  const place = { subjects, log, snapshots, memory, chunkBytesMax, nowMs: () => 0, signal };
  let isWriting = true;
  const written = writeSnapshot(place).finally(() => (isWriting = false));
  while (isWriting) {
    step();
    await snapshots.range();
  }
  expect((await written).chunks).toBeGreaterThan(10);
  expect(memory.revision).toBeGreaterThan(2_010);

  const loaded = await loadSnapshot(snapshots, subjects, silent, empty);
  expect(readList(loaded.memory, at, 1e9)).toEqual(expected);
  expect(loaded.position.sequence).toBe(floor);
  const table = loaded.memory.table("", "pods");
  expect(table?.revision).toBe(floor);
  expect(table?.partitions).toEqual(partitions);
  expect(table?.partitions.size).toBe(5);
});
