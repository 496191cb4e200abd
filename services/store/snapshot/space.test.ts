/** What is on the disk while the same keys are overwritten for ever, and after a crash anywhere. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { replayLog } from "../log/replay.ts";
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
import { loadSnapshot } from "./load.ts";
import { writeSnapshot } from "./write.ts";

let nats: TestNatsServer;
let bus: NatsBus;
let log: DurableStream;
let snapshots: DurableStream;

beforeEach(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
  log = await openKept(bus, "LOG");
  snapshots = await openKept(bus, "SNAP");
});

afterEach(async () => {
  await bus?.close();
  await nats?.stop();
});

async function bytesOnDisk(): Promise<number> {
  const files = await readdir(nats.folder, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async ({ parentPath, name }) => {
      const { blocks } = await stat(join(parentPath, name)).catch(() => ({ blocks: 0 }));
      return blocks * 512;
    });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

test("endless overwrites take a bounded place", async () => {
  const [keys, valueBytes, historyCountMax, tailBytesMax] = [1_600, 2_048, 500, 500_000];
  const recordBytes = valueBytes + 100;
  const liveBytes = keys * recordBytes;
  const tailBytes = Math.max(tailBytesMax, liveBytes / 4);
  const bound = 2 * liveBytes + historyCountMax * recordBytes + 2 * tailBytes;
  // What is written while a snapshot is: here as fast as can be.
  const meanwhileBytes = 8_000_000;
  // The server frees whole blocks of 8 MiB, of two streams.
  const blockBytes = 2 * 8 * 2 ** 20;

  const store = await startStore(nats.url, { historyCountMax, tailBytesMax });
  const client = clientOf(bus);
  const write = async (from: number, turn: number) => {
    const value = String(turn).padEnd(valueBytes, "abcdefgh");
    const names = Array.from({ length: 100 }, (_, index) => `key-${(from + index) % keys}`);
    const type = turn === 0 ? "CREATE" : "UPDATE";
    const { failure } = await client.commit(names.map((name) => put(type, pod(name), { value })));
    expect(failure).toBe("COMMIT_FAILURE_UNSPECIFIED");
  };
  const seen = { stream: 0, disk: 0 };
  for (let turn = 0; turn <= 10; turn += 1) {
    for (let from = 0; from < keys; from += 200) {
      await Promise.all([write(from, turn), write(from + 100, turn)]);
    }
    const [{ bytes: inLog }, { bytes: inSnapshots }] = [await log.range(), await snapshots.range()];
    seen.stream = Math.max(seen.stream, inLog + inSnapshots);
    seen.disk = Math.max(seen.disk, await bytesOnDisk());
  }
  await store.stop();
  expect(seen.stream).toBeLessThan(bound + meanwhileBytes);
  expect(seen.disk).toBeLessThan(bound + meanwhileBytes + blockBytes);
  expect((await tryToStart(bus)).isReady).toBe(true);
}, 30_000);

class CrashError extends Error {
  override readonly name = "CrashError";
}

/** A stream that works until so many of its and its sisters' changes happened. */
function crashing(stream: DurableStream, left: { steps: number }): DurableStream {
  const step = () => {
    if (left.steps === 0) throw new CrashError("the store dies here");
    left.steps -= 1;
  };
  const changes = new Set<string | symbol>(["append", "cutBefore"]);
  return new Proxy(stream, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]): unknown => {
        if (changes.has(name)) step();
        return Reflect.apply(member, target, given);
      };
    },
  });
}

test("a crash between any two steps of a snapshot is harmless", async () => {
  const config = { historyCountMax: 10, tailBytesMax: 1e9 };
  const empty = () => new StoreMemory({ historyMsMax: 1e12, historyCountMax: 10 });
  const store = await startStore(nats.url, config);
  const client = clientOf(bus);
  const all = { ...pod(""), afterNamespace: "", afterName: "", limit: 0, revision: 0 };
  const stateOf = (memory: StoreMemory) => {
    const { revision, records } = readList(memory, { ...all, namespace: "" }, 1e9);
    return [revision, records.map(({ key, revision: at }) => [key?.name, at])];
  };
  const names = Array.from({ length: 60 }, (_, index) => `key-${index}`);
  await client.commit(names.map((name) => put("CREATE", pod(name), { value: name.repeat(9) })));
  const overwrite = async () => {
    for (const name of names.slice(0, 12)) await client.commit([put("UPDATE", pod(name))]);
  };
  await overwrite();
  const { subjects } = bus;
  const signal = new AbortController().signal;
  const streams = { log, snapshots };
  /** What a store that starts now has read, before it writes. */
  const readAnew = async () => {
    const { memory, position: from } = await loadSnapshot(snapshots, subjects, silent, empty);
    await replayLog({
      stream: log,
      memory,
      from,
      testimony: undefined,
      lossMsMin: 0,
      onBatch: () => undefined,
      world: realWorld,
      log: silent,
    });
    return memory;
  };
  const snapshotOf = (memory: StoreMemory, { log, snapshots } = streams) =>
    writeSnapshot({
      subjects,
      log,
      snapshots,
      memory,
      chunkBytesMax: 1_500,
      nowMs: () => 0,
      signal,
    });
  await snapshotOf(await readAnew());
  await overwrite();
  await snapshotOf(await readAnew());
  await overwrite();
  const expected = stateOf(await readAnew());
  await store.stop();

  let [isWhole, steps] = [false, 0];
  for (; !isWhole; steps += 1) {
    const left = { steps };
    const weak = { log: crashing(log, left), snapshots: crashing(snapshots, left) };
    isWhole = await snapshotOf(await readAnew(), weak).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof CrashError)) throw error;
        return false;
      },
    );
    // What a store that starts now finds.
    expect([steps, stateOf(await readAnew())]).toEqual([steps, expected]);
  }
  // Two removals, the chunks, the manifest.
  expect(steps).toBeGreaterThan(10);
  const { isReady, revision } = await tryToStart(bus, config);
  expect([isReady, revision]).toEqual([true, expected[0]]);
});
