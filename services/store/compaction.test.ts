/** What is forgotten, by age and by count, and what is told of it; keys that expire. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { StoreConfig } from "./main.ts";
import { clientOf, connectBus, pod, put, startStore } from "./rig.ts";

let nats: TestNatsServer;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;
let store: Awaited<ReturnType<typeof startStore>>;

beforeAll(async () => {
  nats = await startNatsServer();
  bus = await connectBus(nats.url);
  client = clientOf(bus);
});
afterAll(async () => {
  await bus?.close();
  await nats?.stop();
});
afterEach(() => store.stop());

const start = async (config: StoreConfig) => {
  store = await startStore(nats.url, config);
};

const floorReaches = async (wanted: number) => {
  while ((await client.head()).floor < wanted) await realWorld.sleep(20);
};

const reads = async (revision: number) => [
  (await client.get(pod("a"), revision)).failure,
  (await client.list({ revision })).failure,
  (await client.changes(revision)).failure,
];
const answered = Array.from({ length: 3 }, () => "READ_FAILURE_UNSPECIFIED");
const compacted = Array.from({ length: 3 }, () => "READ_FAILURE_COMPACTED");

test("an idle store forgets by age", async () => {
  await start({ historyMsMax: 300 });
  const first = await client.commit([put("CREATE", pod("a"), { value: "1" })]);
  const second = await client.commit([put("UPDATE", pod("a"), { value: "2" })]);
  expect(await reads(first.revision)).toEqual(answered);
  const third = await client.commit([put("UPDATE", pod("a"), { value: "3" })]);
  await floorReaches(second.revision);
  // The last change stays: nothing newer is there to be read instead.
  expect(await reads(first.revision)).toEqual(compacted);
  expect(await reads(third.revision)).toEqual(answered);
  expect((await client.get(pod("a"))).value).toBe("3");
});

describe("a store that keeps a hundred changes", () => {
  beforeEach(() => start({ historyCountMax: 100 }));
  const overwrite = async (times: number) => {
    for (let time = 0; time < times; time += 1) await client.commit([put("UPDATE", pod("a"))]);
  };

  test("forgets by count, exactly", async () => {
    await overwrite(150);
    const { revision, floor } = await client.head();
    expect(floor).toBe(revision - 100);
    expect(await reads(floor)).toEqual(answered);
    expect(await reads(floor - 1)).toEqual(compacted);
  });

  test("pages go on at their revision until it is forgotten", async () => {
    const names = Array.from({ length: 9 }, (_, index) => `page-${index}`);
    await client.commit(names.map((name) => put("CREATE", pod(name, "pages"))));
    const page = { namespace: "pages", limit: 3 };
    const first = await client.list(page);
    expect([first.records.length, first.more, first.remaining]).toEqual([3, true, 6]);
    await client.commit(names.map((name) => put("DELETE", pod(name, "pages"))));
    await overwrite(80);
    const after = { ...page, afterNamespace: "pages", revision: first.revision };
    const second = await client.list({ ...after, afterName: "page-2" });
    expect(second.records.map(({ key }) => key?.name)).toEqual(["page-3", "page-4", "page-5"]);
    expect([second.more, second.remaining]).toEqual([true, 3]);
    await overwrite(20);
    const third = await client.list({ ...after, afterName: "page-5" });
    expect(third.failure).toBe("READ_FAILURE_COMPACTED");
  });
});

test("thousands of keys that expire together go together", async () => {
  await start({});
  const events = (name: string) => ({ ...pod(name), resource: "events" });
  const names = Array.from({ length: 3_000 }, (_, index) => `event-${index}`);
  for (let from = 0; from < names.length; from += 1_000) {
    const some = names.slice(from, from + 1_000);
    await client.commit(some.map((name) => put("CREATE", events(name), { ttlSeconds: 1 })));
  }
  await client.commit([put("CREATE", events("stays"), { ttlSeconds: 3_600 })]);
  const startedAt = realWorld.monotonic();
  while ((await client.list({ resource: "events", limit: 1 })).remaining > 0) {
    await realWorld.sleep(20);
  }
  // A second until they expire, one until they are looked for: not one for every 500.
  expect(realWorld.monotonic() - startedAt).toBeLessThan(5_000);
  const { records } = await client.list({ resource: "events" });
  expect(records.map(({ key }) => key?.name)).toEqual(["stays"]);
});
