/** What stores that do not lead do, and what the one that leads does alone. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { call } from "#libs/bus/bus.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { Link } from "#libs/testing/link.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import {
  clientOf,
  connectBus,
  follows,
  leads,
  openKept,
  pod,
  put,
  startStore,
  statusOf,
  untilStatus,
} from "./rig.ts";
import type { StoreConfig } from "./settings.ts";
import { getRpc, listRpc } from "./wire.ts";
import { commitSurely } from "./writers.ts";

let nats: TestNatsServer;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;
/** Asks again soon what was lost with a store. */
let impatient: ReturnType<typeof clientOf>;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  nats = await startNatsServer();
});
afterAll(() => nats?.stop());

beforeEach(async () => {
  bus = await connectBus(nats.url);
  client = clientOf(bus);
  impatient = clientOf(bus, { timeoutMs: 500 });
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  const { subjects, connection } = bus;
  for (const kind of ["LOG", "HEAD", "SNAP"] as const) {
    await connection.request(`$JS.API.STREAM.DELETE.${subjects.stream(kind)}`);
  }
  await bus.close();
});

async function start(instance: string, config: StoreConfig = {}, servers = nats.url) {
  const store = await startStore(servers, config, instance);
  ends.push(() => store.stop());
  return store;
}

/** A store that is reached over a link. */
async function startLinked(instance: string, config: StoreConfig = {}) {
  const link = await Link.open(nats.port);
  ends.push(() => link.close());
  const store = await start(instance, config, `nats://127.0.0.1:${link.port}`);
  return { link, store };
}

const reaches = (revision: number) => (status: { readonly revision: number }) =>
  status.revision >= revision;

/** Messages that the log gets meanwhile. */
async function logGrowth(during: () => Promise<unknown>): Promise<number> {
  const log = await openKept(bus, "LOG");
  const { last } = await log.range();
  await during();
  const growth = (await log.range()).last - last;
  log.close();
  return growth;
}

/** Some heartbeats of the leader. */
function heartbeats(count: number): Promise<void> {
  return new Promise((resolve) => {
    let heard = 0;
    const subscription = bus.subscribe(bus.subjects.storeLeader(), () => {
      heard += 1;
      if (heard < count) return;
      subscription.unsubscribe();
      resolve();
    });
  });
}

test("a cluster at rest writes nothing; reads in a row share one append", async () => {
  await start("0");
  await start("1");
  await commitSurely(impatient, "a");
  await heartbeats(4);
  expect(await logGrowth(() => heartbeats(3))).toBe(0);
  const readAll = () => Promise.all(Array.from({ length: 50 }, () => client.get(pod("a"))));
  expect(await logGrowth(readAll)).toBe(1);
});

test("one that was cut off hears first whether there is a leader", async () => {
  await start("0");
  const { link } = await startLinked("1");
  await commitSurely(impatient, "a");
  link.cut("toServer", "toClient");
  await heartbeats(8);
  link.heal();
  await untilStatus(bus, "1", reaches(1));
  await heartbeats(3);
  expect(await statusOf(bus, "0")).toMatchObject({ role: "STORE_ROLE_LEADING", epoch: 1 });
});

test("one that was paused takes nothing over; a leader that is paused is replaced", async () => {
  await start("0");
  await start("1");
  await commitSurely(impatient, "a");
  const control = (instance: string, what: string) => {
    const subject = bus.subjects.actor("store", instance, "control");
    return bus.request(subject, new TextEncoder().encode(`{"${what}":{}}`));
  };
  await control("1", "pause");
  await heartbeats(8);
  await control("1", "resume");
  expect(await untilStatus(bus, "0", leads)).toMatchObject({ epoch: 1 });
  await control("0", "pause");
  expect(await untilStatus(bus, "1", leads)).toMatchObject({ epoch: 2 });
  await control("0", "resume");
  await untilStatus(bus, "0", follows);
  expect(await commitSurely(impatient, "b")).toBe(2);
});

test("a log that is cut meanwhile: who is at its end reads on, who is not reloads", async () => {
  const config = { historyCountMax: 20, tailBytesMax: 10_000 };
  await start("0", config);
  await start("1", config);
  const { link } = await startLinked("2", config);
  await commitSurely(impatient, "a");
  await untilStatus(bus, "2", reaches(1));
  link.cut("toServer", "toClient");
  const log = await openKept(bus, "LOG");
  ends.push(() => log.close());
  let revision = 1;
  while ((await log.range()).first < 10) {
    const update = put("UPDATE", pod("a"), { value: "v".repeat(1_000) });
    revision = (await client.commit([update])).revision;
  }
  await untilStatus(bus, "1", reaches(revision));
  link.heal();
  const { logSequence } = await untilStatus(bus, "2", reaches(revision));
  expect(await statusOf(bus, "2")).toMatchObject({ revision, role: "STORE_ROLE_FOLLOWING" });
  expect((await log.range()).last).toBe(logSequence);
});

test("cached reads are answered from memory, by any store", async () => {
  await start("0");
  await commitSurely(impatient, "a");
  await start("1");
  await untilStatus(bus, "1", reaches(1));
  const request = { key: pod("a"), revision: 0, serializable: true };
  const get = (subject: string) => call(bus, getRpc, subject, request);
  await heartbeats(4);
  const { subjects } = bus;
  const asked = [subjects.store("get", pod("a")), subjects.storeCached("get", pod("a"))];
  const growth = await logGrowth(async () => {
    for (const subject of asked) expect((await get(subject)).record?.revision).toBe(1);
    const place = { group: "", resource: "pods", serializable: true };
    const list = await call(bus, listRpc, subjects.storeCached("list", place), place);
    expect(list.records.length).toBe(1);
  });
  expect(growth).toBe(0);
});

test("only the leader lets keys expire, and its successor those that it left", async () => {
  const { link } = await startLinked("0");
  await start("1");
  await client.commit([put("CREATE", pod("brief"), { ttlSeconds: 1 })]);
  await untilStatus(bus, "1", reaches(2));
  await client.commit([put("CREATE", pod("left"), { ttlSeconds: 1 })]);
  link.cut("toServer", "toClient");
  await untilStatus(bus, "1", leads);
  await untilStatus(bus, "1", reaches(4));
  link.heal();
  await untilStatus(bus, "0", (status) => follows(status) && reaches(4)(status));
  const { changes } = await client.changes(0);
  expect(changes.map(({ name, type }) => `${name} ${type.replace("CHANGE_TYPE_", "")}`)).toEqual([
    "brief CREATED",
    "brief DELETED",
    "left CREATED",
    "left DELETED",
  ]);
});

test("one of the same name does not take over from the living", async () => {
  await start("0");
  await commitSurely(impatient, "a");
  await start("0");
  await heartbeats(5);
  expect((await client.head()).revision).toBe(1);
  const log = await openKept(bus, "LOG");
  ends.push(() => log.close());
  // The claim and the write.
  expect((await log.range()).last).toBeLessThanOrEqual(3);
});

test("a log that does not answer is an alarm, until it does", async () => {
  const { link, store } = await startLinked("0");
  await commitSurely(impatient, "a");
  link.cut("toServer");
  const written = commitSurely(impatient, "b");
  while (store.supervised.isReady()) await realWorld.sleep(10);
  link.heal();
  expect(await written).toBe(2);
  while (!store.supervised.isReady()) await realWorld.sleep(10);
});
