/** Several stores: whatever happens to the one that leads, another does soon, and never both. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { Link } from "#libs/testing/link.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { CommitResponse, GetResponse } from "#proto/gen/kubus/store/v1.ts";
import {
  clientOf,
  connectBus,
  follows,
  leads,
  pod,
  put,
  startStore,
  startStoreProcess,
  statusOf,
  untilStatus,
} from "./rig.ts";
import { startWatcher } from "./watcher.ts";
import { commitRpc, getRpc } from "./wire.ts";
import { commitSurely, expectAll, startWriters } from "./writers.ts";

/** Two seconds are promised, and half of that is usual; a machine that is busy adds its own. */
const takeoverMsMax = 2_500;
/** After an orderly end: 50 ms are usual. */
const handoverMsMax = 500;

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
  impatient = clientOf(bus, { timeoutMs: 300 });
});

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  await removeStreams();
  await bus.close();
});

async function removeStreams() {
  const { subjects, connection } = bus;
  for (const kind of ["LOG", "HEAD", "SNAP"] as const) {
    await connection.request(`$JS.API.STREAM.DELETE.${subjects.stream(kind)}`).catch(() => 0);
  }
}

function startProcess(instance: string) {
  const store = startStoreProcess(nats.url, instance);
  ends.push(() => store.end());
  return store;
}

async function start(instance: string, servers = nats.url) {
  const store = await startStore(servers, {}, instance);
  ends.push(() => store.stop());
  return store;
}

/** Two processes, of which the first leads. */
async function startTwo() {
  const first = startProcess("0");
  await untilStatus(bus, "0", leads);
  const second = startProcess("1");
  await untilStatus(bus, "1", follows);
  return [first, second] as const;
}

/** Milliseconds until a write is acknowledged. */
async function msUntilServed(name: string): Promise<number> {
  const startedAt = realWorld.monotonic();
  await commitSurely(impatient, name);
  return realWorld.monotonic() - startedAt;
}

describe("the leader's process", () => {
  test("is killed in the middle of writes: nothing is lost, or told twice", async () => {
    const stores = { "0": startProcess("0"), "1": startProcess("1") };
    const watcher = startWatcher(bus);
    const writers = startWriters(impatient, 8);
    await writers.progress(50);
    const leadsNow = await statusOf(bus, "0").then((status) => status && leads(status));
    let [leader, other] = leadsNow ? (["0", "1"] as const) : (["1", "0"] as const);
    for (let round = 0; round < 2; round += 1) {
      await stores[leader].end();
      const takeover = realWorld.monotonic();
      await untilStatus(bus, other, leads);
      expect(realWorld.monotonic() - takeover).toBeLessThan(takeoverMsMax);
      stores[leader] = startProcess(leader);
      await writers.progress(50);
      await untilStatus(bus, leader, follows);
      [leader, other] = [other, leader];
    }
    await expectAll(client, await writers.end());
    const { revision } = await client.head();
    await watcher.until(revision);
    watcher.stop();
    expect(watcher.changes.map((change) => change.revision)).toEqual(
      Array.from({ length: revision }, (_, index) => index + 1),
    );
  });

  test("ends in order: another leads at once, also the same one alone", async () => {
    const [first, second] = await startTwo();
    const writers = startWriters(impatient, 4);
    await writers.progress(50);
    await first.end("SIGTERM");
    expect(await msUntilServed("after")).toBeLessThan(handoverMsMax);
    await expectAll(client, new Map([...(await writers.end())]).set("after", await at("after")));
    await second.end("SIGTERM");
    const third = await start("2");
    expect(third.supervised.isReady()).toBe(true);
    const { epoch } = await untilStatus(bus, "2", leads);
    expect(epoch).toBe(3);
  });

  test("is stopped, and wakes up deposed: it neither writes nor answers", async () => {
    const [first] = await startTwo();
    await client.commit([put("CREATE", pod("a"), { value: "old" })]);
    first.signal("SIGSTOP");
    expect(await msUntilServed("b")).toBeLessThan(takeoverMsMax);
    // Both are asked: one now, the other when it wakes up.
    const answers = collectAnswers();
    const update = put("UPDATE", pod("a"), { value: "new" });
    const stale = put("UPDATE", pod("a"), { value: "stale", expectedRevision: 1 });
    answers.commit("update", [update], "id-update");
    answers.commit("refused", [stale], "id-stale");
    answers.commit("exists", [put("CREATE", pod("a"))], "");
    await answers.until(3);
    answers.get("read");
    answers.commit("again", [update], "id-update");
    await answers.until(5);
    first.signal("SIGCONT");
    const { logSequence } = await untilStatus(bus, "1", leads);
    const told = (status: { logSequence: number }) => status.logSequence >= logSequence;
    await untilStatus(bus, "0", (status) => follows(status) && told(status));
    await bus.flush();
    expect(answers.told.toSorted()).toEqual([
      "again: at 3",
      "exists: EXISTS",
      "read: new",
      "refused: REVISION_MISMATCH",
      "update: at 3",
    ]);
    expect((await client.list()).revision).toBe(3);
  });

  const at = async (name: string) => (await client.get(pod(name))).record?.revision ?? 0;
});

/** Asks everybody who listens, and collects what anybody answers. */
function collectAnswers() {
  const told: string[] = [];
  let asked = 0;
  const inbox = `_INBOX.${realWorld.uuid()}`;
  const ask = (subject: string, payload: Uint8Array, tell: (data: Uint8Array) => string) => {
    const reply = `${inbox}.${(asked += 1)}`;
    const subscription = bus.subscribe(reply, ({ data }) => told.push(tell(data)));
    ends.push(() => subscription.unsubscribe());
    bus.publish(subject, payload, reply);
  };
  const brief = ({ failure, revision }: CommitResponse) =>
    failure === "COMMIT_FAILURE_UNSPECIFIED"
      ? `at ${revision}`
      : failure.replace("COMMIT_FAILURE_", "");
  const valueOf = ({ record }: GetResponse) => new TextDecoder().decode(record?.value);
  return {
    told,
    commit(label: string, mutations: ReturnType<typeof put>[], requestId: string) {
      const payload = commitRpc.request.encode({ mutations, requestId });
      const subject = bus.subjects.store("commit", pod("a"));
      ask(subject, payload, (data) => `${label}: ${brief(commitRpc.response.decode(data))}`);
    },
    get(label: string) {
      const payload = getRpc.request.encode({ key: pod("a"), revision: 0 });
      const subject = bus.subjects.store("get", pod("a"));
      ask(subject, payload, (data) => `${label}: ${valueOf(getRpc.response.decode(data))}`);
    },
    async until(count: number) {
      while (told.length < count) await realWorld.sleep(5);
    },
  };
}

describe("a leader that is cut off", () => {
  test.each([
    ["from all", ["toServer", "toClient"]],
    ["so that nobody hears it", ["toServer"]],
    ["so that it hears nobody", ["toClient"]],
  ] as const)("%s is replaced, and follows when it is back", async (_, directions) => {
    const link = await Link.open(nats.port);
    ends.push(() => link.close());
    await start("0", `nats://127.0.0.1:${link.port}`);
    await start("1");
    await commitSurely(impatient, "a");
    await untilStatus(bus, "1", follows);
    link.cut(...directions);
    expect(await msUntilServed("b")).toBeLessThan(takeoverMsMax);
    expect(await statusOf(bus, "1")).toMatchObject({ role: "STORE_ROLE_LEADING", epoch: 2 });
    link.heal();
    await untilStatus(bus, "0", (status) => follows(status) && status.revision === 2);
    expect(await commitSurely(impatient, "c")).toBe(3);
  });

  test("alone goes on when it is back", async () => {
    const link = await Link.open(nats.port);
    ends.push(() => link.close());
    await start("0", `nats://127.0.0.1:${link.port}`);
    await commitSurely(impatient, "a");
    link.cut("toServer", "toClient");
    await expect(impatient.get(pod("a"))).rejects.toThrow(/no answer/);
    link.heal();
    expect(await commitSurely(impatient, "b")).toBe(2);
    expect(await statusOf(bus, "0")).toMatchObject({ role: "STORE_ROLE_LEADING", epoch: 1 });
  });
});
