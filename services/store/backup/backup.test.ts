/** A store's backup in one file: taken while it runs, read back whole, refused when it is not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NatsBus } from "#libs/bus/connect.ts";
import type { CommitResponse, Mutation } from "#proto/gen/kubus/store/v1.ts";
import { realWorld } from "#libs/actor/world.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { clientOf, connectBus, pod, put, silent, startStore } from "../rig.ts";
import { deleteKept, findKept, makeKept, openKept } from "./kept.ts";
import { loadBackup } from "./load.ts";
import { restoreBackup } from "./restore.ts";
import { saveBackup } from "./save.ts";
import { loadState } from "./state.ts";
import { verifyKept } from "./verify.ts";

let nats: TestNatsServer;
let bus: NatsBus;

beforeAll(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
});
afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});

/** What `saveBackup` writes, in memory. */
async function saved(upToDamage = false): Promise<Uint8Array> {
  const kept = await openKept(bus, realWorld);
  let pieces: Uint8Array[] = [];
  const sink = {
    restart: async () => {
      pieces = [];
    },
    write: async (bytes: Uint8Array) => void pieces.push(bytes),
  };
  await saveBackup(kept, { sink, log: silent, upToDamage });
  kept.close();
  return Buffer.concat(pieces);
}

/** In pieces that end anywhere. */
async function* inPieces(bytes: Uint8Array, size = 1_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function startOver() {
  await deleteKept(bus, (await findKept(bus, realWorld)).names);
}

describe("a backup of a store that runs", () => {
  test("is its state, whether from the log alone or from a snapshot and the log", async () => {
    // Every batch leaves the window at once, and a snapshot is written after every one.
    const store = await startStore(nats.url, { historyCountMax: 1, tailBytesMax: 1 });
    const client = clientOf(bus);
    const before = await loadBackup(inPieces(await saved()));
    expect(before.memory.keyCount).toBe(0);
    for (let index = 0; index < 40; index += 1) {
      await client.commit([put("CREATE", pod(`p${index}`), { value: `value ${index}` })]);
    }
    await client.commit([put("DELETE", pod("p0"))]);
    const secret = { value: "s", confidential: true, ttlSeconds: 1_000, partition: "node-1" };
    const { revision } = await client.commit([put("CREATE", pod("secret"), secret)]);
    const bytes = await saved();
    const { memory, header, end } = await loadBackup(inPieces(bytes, 7));
    expect(header.prefix).toBe("kubus");
    expect(end).toMatchObject({ revision, damage: "" });
    expect(end.chunks).toBeGreaterThan(0);
    expect(memory.keyCount).toBe(40);
    const restoredSecret = memory.find(pod("secret"))?.newest;
    expect(restoredSecret).toMatchObject({ confidential: true, partition: "node-1", revision });
    expect(restoredSecret?.expiresAtMs).toBeGreaterThan(realWorld.now());
    expect(memory.head(pod("p0"))).toBeUndefined();
    await store.stop();
  });

  test("comes back at a raised revision, and nothing older can be asked for", async () => {
    const backup = await loadBackup(inPieces(await saved()));
    await startOver();
    const kept = await makeKept(bus, realWorld, 1);
    const restored = await restoreBackup(kept, backup, 1_000);
    kept.close();
    expect(restored).toEqual({ revision: backup.end.revision + 1_000, keys: 40 });
    const store = await startStore(nats.url);
    const client = clientOf(bus);
    expect(await client.get(pod("p7"))).toMatchObject({ value: "value 7" });
    expect((await client.list()).records).toHaveLength(40);
    // Seen before the disaster, and after the backup: gone.
    const { failure, floor } = await client.changes(backup.end.revision + 1);
    expect([failure, floor]).toEqual(["READ_FAILURE_COMPACTED", restored.revision]);
    const written = await client.commit([put("CREATE", pod("new"), { value: "n" })]);
    expect(written.revision).toBe(restored.revision + 1);
    await store.stop();
    const again = await openKept(bus, realWorld);
    expect(await verifyKept(again)).toMatchObject({
      problems: [],
      state: { revision: written.revision, keys: 41 },
    });
    again.close();
    const second = await startStore(nats.url);
    expect((await client.get(pod("new"))).value).toBe("n");
    await second.stop();
  });
});

test("backups and verifications go on while snapshots cut the log away under them", async () => {
  await startOver();
  const store = await startStore(nats.url, { historyCountMax: 1, tailBytesMax: 8_192 });
  const client = clientOf(bus, { timeoutMs: 1_000 });
  /** As the API server does it: a leader that doubts says nothing, and is asked the same again. */
  const commit = async (mutation: Mutation, id: string): Promise<CommitResponse> => {
    while (true) {
      const answer = await client.commit([mutation], id).catch((error: Error) => error);
      if (!(answer instanceof Error)) return answer;
      expect(answer.name).toMatch(/^(BusTimeout|NoResponders)Error$/);
    }
  };
  const until = new AbortController();
  /** The last revision that was acknowledged. */
  let acknowledged = 0;
  const writing = (async () => {
    for (let index = 0; !until.signal.aborted; index += 1) {
      const key = pod(`p${index % 50}`);
      const type = index < 50 ? "CREATE" : "UPDATE";
      const mutation = put(type, key, { value: `${index}` });
      acknowledged = (await commit(mutation, `write ${index}`)).revision;
    }
  })();
  const looking = await openKept(bus, realWorld);
  const snapshotsWritten = async () => (await looking.snapshots.range()).last;
  for (let round = 0; round < 5 || (await snapshotsWritten()) < 6; round += 1) {
    const least = acknowledged;
    const { end, memory } = await loadBackup(inPieces(await saved()));
    expect(end.revision).toBeGreaterThanOrEqual(least);
    // One write a revision, so the state tells which revisions it has.
    const values = [...memory.tables.values()].flatMap(({ sorted }) => [...sorted.from("")]);
    const newest = Math.max(0, ...values.map(({ newest: { revision } }) => revision));
    expect([newest, memory.keyCount]).toEqual([end.revision, Math.min(50, end.revision)]);
    const state = await loadState(looking, silent);
    expect(state.revision).toBeGreaterThanOrEqual(end.revision);
    expect(await verifyKept(looking)).toMatchObject({ problems: [] });
  }
  until.abort();
  await writing;
  looking.close();
  await store.stop();
});

test("a damaged snapshot is told, and the one before or the log is saved instead", async () => {
  await startOver();
  const store = await startStore(nats.url);
  await clientOf(bus).commit([put("CREATE", pod("a"))]);
  await store.stop();
  const kept = await openKept(bus, realWorld);
  const garbage = new TextEncoder().encode("garbage");
  await kept.snapshots.append(bus.subjects.snapshot("manifest"), garbage, 0);
  expect(await verifyKept(kept)).toMatchObject({
    problems: ["snapshot message 1: the checksum is wrong"],
    state: { keys: 1 },
  });
  kept.close();
  expect((await loadBackup(inPieces(await saved()))).memory.keyCount).toBe(1);
});

describe("a backup that is not what was written", () => {
  let bytes: Uint8Array;
  beforeAll(async () => {
    await startOver();
    const store = await startStore(nats.url);
    const client = clientOf(bus);
    for (const name of ["a", "b", "c"]) await client.commit([put("CREATE", pod(name))]);
    await store.stop();
    bytes = await saved();
  });

  const placeOf = (error: unknown) => Number(/at byte (\d+)/.exec(String(error))?.[1] ?? 0);

  test("is refused, whichever byte is changed, and near it", async () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const error: unknown = await loadBackup(inPieces(changed)).catch((reason: unknown) => reason);
      expect(error, `byte ${at}`).toMatchObject({ name: "DamagedError" });
      expect(placeOf(error)).toBeLessThanOrEqual(at);
    }
  });

  test("is refused, wherever it is cut off", async () => {
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = loadBackup(inPieces(bytes.subarray(0, length)));
      await expect(cut).rejects.toMatchObject({ name: "DamagedError" });
    }
  });

  test.each<[string, () => Uint8Array, RegExp]>([
    ["no backup", () => new TextEncoder().encode("PK\u0003\u0004 something else"), /first bytes/],
    ["of a later format", () => Uint8Array.from(bytes).fill(9, 8, 9), /has format 9; .* reads 1/],
    ["with more behind it", () => Buffer.concat([bytes, bytes.subarray(12)]), /at byte \d+/],
  ])("%s", async (_, make, message) => {
    await expect(loadBackup(inPieces(make()))).rejects.toThrow(message);
  });
});

describe("a log that is damaged", () => {
  test("is saved up to its damage when that is wanted, and verified with its place", async () => {
    await startOver();
    const store = await startStore(nats.url);
    const client = clientOf(bus);
    for (const name of ["a", "b"]) await client.commit([put("CREATE", pod(name))]);
    await store.stop();
    const kept = await openKept(bus, realWorld);
    const { last } = await kept.log.range();
    await kept.log.append(bus.subjects.log(), new TextEncoder().encode("garbage"), last);
    const verified = await verifyKept(kept);
    const problem = `log message ${last + 1}: the checksum is wrong`;
    expect(verified).toMatchObject({ problems: [problem], state: undefined });
    kept.close();
    await expect(saved()).rejects.toThrow(problem);
    const { memory, end } = await loadBackup(inPieces(await saved(true)));
    expect(memory.keyCount).toBe(2);
    expect(end).toMatchObject({ damage: problem, logSequence: last });
  });

  test("that lost its end, its beginning, or all is told", async () => {
    const problems = async () => {
      const kept = await openKept(bus, realWorld);
      const found = await verifyKept(kept);
      kept.close();
      return found.problems;
    };
    await startOver();
    const store = await startStore(nats.url);
    const client = clientOf(bus);
    for (const name of ["a", "b", "c"]) await client.commit([put("CREATE", pod(name))]);
    await store.stop();
    expect(await problems()).toEqual([]);
    const kept = await openKept(bus, realWorld);
    const { last } = await kept.log.range();
    await kept.log.cutBefore(3);
    expect(await problems()).toEqual(["the log begins with message 3, but message 1 was written"]);
    await kept.log.cutBefore(last + 1);
    expect(await problems()).toEqual(["the log is empty, but message 1 was written"]);
    await deleteKept(bus, [kept.log.name]);
    kept.close();
    await expect(problems()).rejects.toThrow(/the server has no stream LOG_kubus/);
    (await makeKept(bus, realWorld, 1)).close();
    const lost = /^the log ends at message 0: messages 1 to \d+ were acknowledged and are lost$/;
    expect(await problems()).toEqual([expect.stringMatching(lost)]);
    await startOver();
    await expect(problems()).rejects.toThrow("no store ever wrote here");
  });
});
