/** The store as its callers see it, on a real nats-server. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "#libs/bus/bus.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import type { CommitRequest, Mutation } from "#proto/gen/kubus/store/v1.ts";
import type { HeadsAnnounced, ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import { clientOf, connectBus, pod, put, startStore } from "./rig.ts";
import { commitRpc, commitsRpc, headsAnnounced, listRpc, objectChanged } from "./wire.ts";

let nats: TestNatsServer;
let store: Awaited<ReturnType<typeof startStore>>;
let bus: NatsBus;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  nats = await startNatsServer();
  store = await startStore(nats.url, { historyCountMax: 10_000 });
  bus = await connectBus(nats.url);
  client = clientOf(bus);
});

afterAll(async () => {
  await bus?.close();
  await store?.stop();
  await nats?.stop();
});

/** Collects what is broadcast for a subject until `until` says that it is enough. */
function collect(subject: string) {
  const changes: (ObjectChanged & { on: string })[] = [];
  let wake: () => void = () => undefined;
  const subscription = bus.subscribe(subject, ({ data, subject: on }) => {
    changes.push({ ...objectChanged.decode(data), on });
    wake();
  });
  return {
    changes,
    async until(count: number) {
      while (changes.length < count) await new Promise<void>((resolve) => (wake = resolve));
      subscription.unsubscribe();
      return changes;
    },
  };
}

describe("commit", () => {
  test("create, update, delete, and the revisions that they take", async () => {
    const key = pod("life");
    const created = await client.commit([put("CREATE", key, { value: "one" })]);
    expect(created.failure).toBe("COMMIT_FAILURE_UNSPECIFIED");
    const { revision } = created;
    expect(await client.get(key)).toMatchObject({
      value: "one",
      record: { createRevision: revision, revision },
    });
    const updated = await client.commit([
      put("UPDATE", key, { value: "two", expectedRevision: revision }),
    ]);
    expect(updated.revision).toBe(revision + 1);
    expect(await client.get(key, revision)).toMatchObject({ value: "one", revision });
    const deleted = await client.commit([put("DELETE", key, { expectedRevision: revision + 1 })]);
    expect(deleted.revision).toBe(revision + 2);
    expect((await client.get(key)).record).toBeUndefined();
  });

  test("a refusal carries the present record and changes nothing", async () => {
    const key = pod("taken");
    const { revision } = await client.commit([put("CREATE", key, { value: "first" })]);
    const refused = await client.commit([
      put("CREATE", pod("beside"), { value: "x" }),
      put("CREATE", key, { value: "second" }),
    ]);
    expect(refused).toMatchObject({
      revision: 0,
      failure: "COMMIT_FAILURE_EXISTS",
      failedIndex: 1,
      current: { revision, key },
    });
    expect((await client.get(pod("beside"))).record).toBeUndefined();
    expect((await client.head()).revision).toBe(revision);
  });

  test("of many writers with the same expectation one wins", async () => {
    const key = pod("contended");
    const { revision } = await client.commit([put("CREATE", key)]);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        client.commit([put("UPDATE", key, { value: `w${index}`, expectedRevision: revision })]),
      ),
    );
    const won = answers.filter(({ failure }) => failure === "COMMIT_FAILURE_UNSPECIFIED");
    expect(won.map((answer) => answer.revision)).toEqual([revision + 1]);
    const lost = answers.find(({ failure }) => failure === "COMMIT_FAILURE_REVISION_MISMATCH");
    expect(lost?.current?.revision).toBe(revision + 1);
  });

  test("a request id is answered with its first outcome", async () => {
    const key = pod("again");
    const mutations = [put("CREATE", key, { value: "x" })];
    const answers = await Promise.all([1, 2, 3].map(() => client.commit(mutations, "id-again")));
    const later = await client.commit(mutations, "id-again");
    expect(new Set([...answers, later].map(({ revision }) => revision)).size).toBe(1);
    expect(later.failure).toBe("COMMIT_FAILURE_UNSPECIFIED");
    const refused = await client.commit(mutations, "id-refused");
    await client.commit([put("DELETE", key)]);
    expect(await client.commit(mutations, "id-refused")).toMatchObject({
      failure: refused.failure,
      failedIndex: 0,
    });
  });

  test("several keys at once, with a check", async () => {
    const { revision } = await client.commit([put("CREATE", pod("guard"))]);
    const both = [
      put("CHECK", pod("guard"), { expectedRevision: revision }),
      put("CREATE", pod("m1")),
    ];
    const answer = await client.commit([...both, put("CREATE", pod("m2"))]);
    expect(answer.revision).toBe(revision + 2);
    expect((await client.get(pod("m1"))).record?.revision).toBe(revision + 1);
    expect(
      await client.commit([put("CHECK", pod("m1"), { expectedRevision: revision + 1 })]),
    ).toMatchObject({
      failure: "COMMIT_FAILURE_UNSPECIFIED",
    });
  });

  test.each([
    ["a large value", 1024 * 1024 + 512 * 1024, "COMMIT_FAILURE_UNSPECIFIED"],
    ["one byte more", 1024 * 1024 + 512 * 1024 + 1, "COMMIT_FAILURE_TOO_LARGE"],
  ])("%s", async (name, length, failure) => {
    const key = pod(name.replaceAll(" ", "-"));
    const value = "v".repeat(length);
    expect((await client.commit([put("CREATE", key, { value })])).failure).toBe(failure);
  });

  test("bytes that are no request are refused as invalid", async () => {
    const { subjects } = bus;
    const garbage = new Uint8Array([255, 255, 255, 1, 2, 3]);
    const commit = await bus.request(subjects.store("commit", pod("x")), garbage);
    expect(commitRpc.response.decode(commit).failure).toBe("COMMIT_FAILURE_INVALID");
    const list = await bus.request(subjects.store("list", pod("x")), garbage);
    expect(listRpc.response.decode(list).failure).toBe("READ_FAILURE_INVALID");
  });
});

describe("watch", () => {
  test("every change once, in order, each telling the one before", async () => {
    const key = pod("watched", "watch");
    const watch = collect(bus.subjects.watch(key, ""));
    await bus.flush();
    const { revision } = await client.commit([put("CREATE", key, { value: "a" })]);
    await client.commit([put("UPDATE", key, { value: "b" })]);
    await client.commit([put("DELETE", key)]);
    const changes = await watch.until(3);
    expect(changes.map(({ type, revision: at }) => [type, at - revision])).toEqual([
      ["CHANGE_TYPE_CREATED", 0],
      ["CHANGE_TYPE_UPDATED", 1],
      ["CHANGE_TYPE_DELETED", 2],
    ]);
    expect(changes[1]?.previousResourceRevision).toBe(revision);
    expect(changes[2]?.createRevision).toBe(revision);
    expect(changes.map(({ value }) => value.length)).toEqual([1, 1, 0]);
  });

  test("the writer's own connection hears of the change before the answer", async () => {
    const key = pod("own", "watch");
    const watch = collect(bus.subjects.watchResource("", "pods"));
    await bus.flush();
    const { revision } = await client.commit([put("CREATE", key)]);
    expect(watch.changes.map((change) => change.revision)).toContain(revision);
  });

  test("an object that moves is told to both partitions", async () => {
    const key = pod("moving", "watch");
    const [unbound, node] = ["", "node-1"].map((p) =>
      collect(bus.subjects.watchResource("", "pods", p)),
    );
    await bus.flush();
    const created = await client.commit([put("CREATE", key, { value: "a" })]);
    const moved = await client.commit([put("UPDATE", key, { value: "b", partition: "node-1" })]);
    await client.commit([put("DELETE", key)]);
    const left = await unbound?.until(2);
    expect(left?.[1]).toMatchObject({
      revision: moved.revision,
      partition: "node-1",
      previousPartition: "_",
      previousPartitionRevision: created.revision,
    });
    const joined = await node?.until(2);
    expect(joined?.map(({ type }) => type)).toEqual(["CHANGE_TYPE_UPDATED", "CHANGE_TYPE_DELETED"]);
    expect(joined?.[1]?.previousPartitionRevision).toBe(moved.revision);
    const refill = await client.changes(created.revision, "node-1");
    expect(refill.changes.map(({ revision }) => revision)).toEqual([
      moved.revision,
      moved.revision + 1,
    ]);
  });

  test("a confidential value is not broadcast", async () => {
    const key = { ...pod("hidden", "watch"), resource: "secrets" };
    const watch = collect(bus.subjects.watchResource("", "secrets"));
    await bus.flush();
    await client.commit([put("CREATE", key, { value: "password", confidential: true })]);
    const [change] = await watch.until(1);
    expect([change?.withheld, change?.value.length]).toEqual([true, 0]);
    expect((await client.get(key)).value).toBe("password");
  });

  test("heads are announced when changes settle", async () => {
    const announced = Promise.withResolvers<HeadsAnnounced>();
    let wanted = Number.POSITIVE_INFINITY;
    const subscription = bus.subscribe(bus.subjects.heads(), ({ data }) => {
      const heads = headsAnnounced.decode(data);
      if (heads.revision >= wanted) announced.resolve(heads);
    });
    const key = { ...pod("headed"), resource: "configmaps" };
    wanted = (await client.commit([put("CREATE", key)])).revision;
    const { heads } = await announced.promise;
    subscription.unsubscribe();
    expect(heads.find(({ resource }) => resource === "configmaps")?.revision).toBe(wanted);
  });
});

describe("list", () => {
  test("pages at one revision while others write", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, "0")}`);
    await client.commit(names.map((name) => put("CREATE", pod(name, "paged"), { value: name })));
    const first = await client.list({ namespace: "paged", limit: 12 });
    expect([first.records.length, first.more, first.remaining]).toEqual([12, true, 18]);
    await client.commit([put("DELETE", pod("p20", "paged")), put("CREATE", pod("p15b", "paged"))]);
    const rest = { namespace: "paged", afterNamespace: "paged", afterName: "p11" };
    const second = await client.list({ ...rest, revision: first.revision });
    const found = [...first.records, ...second.records].map(({ key }) => key?.name);
    expect([found, second.more, second.revision]).toEqual([names, false, first.revision]);
  });

  test("a large resource comes in bounded answers", async () => {
    const value = "x".repeat(700_000);
    for (const name of ["a", "b", "c", "d", "e", "f", "g"]) {
      await client.commit([put("CREATE", pod(name, "bulky"), { value })]);
    }
    const { records, more, remaining } = await client.list({ namespace: "bulky" });
    expect([records.length, more, remaining]).toEqual([5, true, 2]);
  });
});

test("a key with a time to live goes by itself", async () => {
  const key = { ...pod("brief"), resource: "events" };
  const watch = collect(bus.subjects.watchResource("", "events"));
  await bus.flush();
  await client.commit([put("CREATE", key, { value: "x", ttlSeconds: 1 })]);
  const changes = await watch.until(2);
  expect(changes.map(({ type }) => type)).toEqual(["CHANGE_TYPE_CREATED", "CHANGE_TYPE_DELETED"]);
  expect((await client.get(key)).record).toBeUndefined();
});

describe("commits in one message", () => {
  const ask = (requests: readonly CommitRequest[]) => {
    const subject = bus.subjects.store("commits", { group: "", resource: "" });
    return call(bus, commitsRpc, subject, { requests: [...requests] });
  };
  const commitOf = (requestId: string, ...mutations: Mutation[]) => ({ requestId, mutations });

  test("are decided one after the other, and answered in order", async () => {
    const [a, b] = [pod("a", "many"), pod("b", "many")];
    const { responses } = await ask([
      commitOf("many-1", put("CREATE", a, { value: "1" })),
      commitOf("many-2", put("CREATE", a)),
      commitOf("many-3", put("CREATE", b), put("UPDATE", a, { value: "2" })),
      commitOf("", put("CHECK", b, { expectedRevision: 1 })),
    ]);
    const [first, second, third, fourth] = responses;
    const revision = first?.revision ?? 0;
    expect(second?.failure).toBe("COMMIT_FAILURE_EXISTS");
    expect(third?.revision).toBe(revision + 2);
    expect(fourth?.failure).toBe("COMMIT_FAILURE_REVISION_MISMATCH");
    expect((await client.get(a)).value).toBe("2");
    const again = await ask([commitOf("many-3", put("CREATE", b))]);
    expect(again.responses.map((response) => response.revision)).toEqual([revision + 2]);
  });

  test("what does not fit the answer is left to be asked for again", async () => {
    const value = "v".repeat(1_000_000);
    const names = Array.from({ length: 8 }, (_, index) => pod(`big-${index}`, "many"));
    for (const key of names) await client.commit([put("CREATE", key, { value })]);
    const { responses } = await ask(names.map((key) => commitOf("", put("CREATE", key))));
    const answered = responses.filter(({ failure }) => failure === "COMMIT_FAILURE_EXISTS");
    expect(answered.length).toBe(4);
    expect(responses.length).toBe(8);
  });

  test("none are none", async () => {
    expect((await ask([])).responses).toEqual([]);
  });
});
