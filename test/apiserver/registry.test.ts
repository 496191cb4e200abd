/** The whole pipeline on a real store and bus, without the HTTPS door. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { Body, Version, WatchEvent } from "../../services/apiserver/registry/request.ts";
import { caller, startRig, type Rig } from "./rig.ts";

const write = { dryRun: false, fieldValidation: "Warn" } as const;
const watching = { allowWatchBookmarks: false } as const;
const body = (value: unknown): Body => ({ value, duplicates: [], canonical: false });
const startMsMax = 30_000;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, startMsMax);
afterAll(() => rig.stop(), startMsMax);

let namespaces = 0;
/** A namespace for one test. */
async function namespaceOf(): Promise<string> {
  const name = `n${namespaces++}`;
  const place = rig.place("namespaces", "");
  await rig.registry.create(caller, place, body({ metadata: { name } }), write);
  return name;
}

const create = (namespace: string, metadata: object, data: object = {}, plural = "configmaps") =>
  rig.registry.create(caller, rig.place(plural, namespace), body({ metadata, data }), write);

const patch = (namespace: string, name: string, value: object) =>
  rig.registry.patch(
    caller,
    rig.place("configmaps", namespace, name),
    "application/merge-patch+json",
    body(value),
    write,
  );

async function refusal(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (reason: StatusError) => reason,
  );
  return `${error?.code} ${error?.message}`;
}

const dataOf = (version: Version): unknown => (version.object as { data?: unknown }).data;

/** Events as they come, and a promise for the time when there are that many. */
function collector() {
  const events: WatchEvent[] = [];
  let wanted = Infinity;
  let reached = () => undefined as void;
  return {
    events,
    deliver: (some: readonly WatchEvent[]) => {
      events.push(...some);
      if (events.length >= wanted) reached();
    },
    count: (count: number) =>
      new Promise<WatchEvent[]>((resolve) => {
        wanted = count;
        reached = () => resolve(events);
        if (events.length >= count) reached();
      }),
  };
}

const shown = (events: readonly WatchEvent[]) =>
  events.map((event) =>
    "version" in event ? `${event.type} ${event.version.object.metadata?.name}` : event.type,
  );

describe("writes", () => {
  it("read back what they wrote, in one form for all", async () => {
    const namespace = await namespaceOf();
    const { version, code } = await create(namespace, { name: "a" }, { k: "v" });
    expect(code).toBe(201);
    const read = await rig.registry.get(caller, rig.place("configmaps", namespace, "a"), {});
    expect(read.revision).toBe(version.revision);
    expect(JSON.parse(Buffer.from(read.json).toString())).toEqual(version.object);
    expect(read.object.metadata?.resourceVersion).toBe(String(version.revision));
  });

  it("that change nothing keep the resourceVersion", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a" }, { k: "v" });
    const first = await patch(namespace, "a", { data: { k: "w" } });
    const second = await patch(namespace, "a", { data: { k: "w" } });
    expect(second.version.revision).toBe(first.version.revision);
  });

  it("of a stale version are refused, and leave the object as it was", async () => {
    const namespace = await namespaceOf();
    const { version } = await create(namespace, { name: "a" }, { k: "1" });
    await patch(namespace, "a", { data: { k: "2" } });
    const resourceVersion = String(version.revision);
    const place = rig.place("configmaps", namespace, "a");
    const stale = body({ metadata: { name: "a", resourceVersion }, data: { k: "3" } });
    expect(await refusal(rig.registry.update(caller, place, stale, write))).toBe(
      '409 Operation cannot be fulfilled on configmaps "a": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    );
    expect(dataOf(await rig.registry.get(caller, place, {}))).toEqual({ k: "2" });
  });

  it("that race all happen, one after the other", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a" });
    const keys = Array.from({ length: 8 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => patch(namespace, "a", { data: { [key]: "v" } })));
    const place = rig.place("configmaps", namespace, "a");
    const data = dataOf(await rig.registry.get(caller, place, {})) as object;
    expect(Object.keys(data).toSorted()).toEqual(keys);
  });

  it("in a dry run answer and change nothing", async () => {
    const namespace = await namespaceOf();
    const place = rig.place("configmaps", namespace);
    const dry = { ...write, dryRun: true };
    const given = body({ metadata: { name: "a" } });
    const { version } = await rig.registry.create(caller, place, given, dry);
    expect(version.object.metadata?.resourceVersion).toBeUndefined();
    expect(await refusal(rig.registry.get(caller, { ...place, name: "a" }, {}))).toBe(
      '404 configmaps "a" not found',
    );
  });

  it("need a namespace that is there", async () => {
    expect(await refusal(create("nowhere", { name: "a" }))).toBe(
      '404 namespaces "nowhere" not found',
    );
  });

  it("find another name when a generated one is taken", async () => {
    const namespace = await namespaceOf();
    const made = await Promise.all(
      Array.from({ length: 20 }, () => create(namespace, { generateName: "g-" })),
    );
    const names = new Set(made.map(({ version }) => version.object.metadata?.name));
    expect(names.size).toBe(20);
  });
});

describe("deletes", () => {
  it("wait for finalizers, and end with the last of them", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a", finalizers: ["e.com/x"] });
    const place = rig.place("configmaps", namespace, "a");
    const deleted = await rig.registry.delete(caller, place, { dryRun: false });
    expect(deleted.type).toBe("object");
    expect(await refusal(create(namespace, { name: "a" }))).toBe(
      '409 object is being deleted: configmaps "a" already exists',
    );
    await patch(namespace, "a", { metadata: { finalizers: null } });
    expect(await refusal(rig.registry.get(caller, place, {}))).toBe('404 configmaps "a" not found');
  });

  it("of a collection follow the selector", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a", labels: { x: "1" } });
    await create(namespace, { name: "b", labels: { x: "2" } });
    const place = rig.place("configmaps", namespace);
    const list = { limit: 0, labelSelector: "x=1" };
    await rig.registry.deleteCollection(caller, place, list, { dryRun: false });
    const left = await rig.registry.list(caller, place, { limit: 0 });
    expect(left.versions.map(({ object }) => object.metadata?.name)).toEqual(["b"]);
  });
});

describe("lists", () => {
  it("page through one consistent state", async () => {
    const namespace = await namespaceOf();
    for (const name of ["a", "b", "c", "d", "e"]) await create(namespace, { name });
    const place = rig.place("configmaps", namespace);
    const first = await rig.registry.list(caller, place, { limit: 2 });
    expect(first.remainingItemCount).toBe(3);
    await rig.registry.delete(caller, { ...place, name: "c" }, { dryRun: false });
    await create(namespace, { name: "bb" });
    const rest = await rig.registry.list(caller, place, { limit: 10, continue: first.continue });
    expect(rest.versions.map(({ object }) => object.metadata?.name)).toEqual(["c", "d", "e"]);
    expect(rest.resourceVersion).toBe(first.resourceVersion);
    expect(rest.continue).toBe("");
  });

  it("of a revision that was not reached yet fail after a while", async () => {
    const place = rig.place("configmaps", "default");
    const resourceVersion = "999999999";
    const message = await refusal(rig.registry.list(caller, place, { limit: 0, resourceVersion }));
    expect(message).toMatch(/^504 Timeout: Too large resource version: 999999999, current: \d+$/);
  });

  it("refuse a field that cannot be selected", async () => {
    const place = rig.place("configmaps", "default");
    const fieldSelector = "spec.x=1";
    expect(await refusal(rig.registry.list(caller, place, { limit: 0, fieldSelector }))).toBe(
      '400 "spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });
});

describe("watches", () => {
  it("begin with what is there and go on with what happens", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a" });
    const { deliver, count } = collector();
    const place = rig.place("configmaps", namespace);
    const watch = await rig.registry.watch(caller, place, watching, deliver);
    await create(namespace, { name: "b" });
    await patch(namespace, "a", { data: { k: "v" } });
    await rig.registry.delete(caller, { ...place, name: "b" }, { dryRun: false });
    expect(shown(await count(4))).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
    watch.stop();
  });

  it("go on after a revision, without a gap", async () => {
    const namespace = await namespaceOf();
    const { version } = await create(namespace, { name: "a" });
    await create(namespace, { name: "b" });
    const { deliver, count } = collector();
    const place = rig.place("configmaps", namespace);
    const resourceVersion = String(version.revision);
    const options = { ...watching, resourceVersion };
    const watch = await rig.registry.watch(caller, place, options, deliver);
    await create(namespace, { name: "c" });
    expect(shown(await count(2))).toEqual(["ADDED b", "ADDED c"]);
    watch.stop();
  });

  it("see objects come into and leave the selection", async () => {
    const namespace = await namespaceOf();
    const { deliver, count } = collector();
    const place = rig.place("configmaps", namespace);
    const options = { ...watching, labelSelector: "x=1" };
    const watch = await rig.registry.watch(caller, place, options, deliver);
    await create(namespace, { name: "a", labels: { x: "2" } });
    await patch(namespace, "a", { metadata: { labels: { x: "1" } } });
    await patch(namespace, "a", { metadata: { labels: { y: "1" } } });
    await patch(namespace, "a", { metadata: { labels: { x: null } } });
    const events = await count(3);
    expect(shown(events)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
    const last = events[2] as { version: Version };
    expect(last.version.object.metadata?.labels).toEqual({ x: "1", y: "1" });
    watch.stop();
  });

  it("stream a list that ends with a bookmark", async () => {
    const namespace = await namespaceOf();
    await create(namespace, { name: "a" });
    const { deliver, count } = collector();
    const options = { allowWatchBookmarks: true, sendInitialEvents: true };
    const place = rig.place("configmaps", namespace);
    const watch = await rig.registry.watch(caller, place, options, deliver);
    expect(await count(2)).toMatchObject([
      { type: "ADDED" },
      { type: "BOOKMARK", initialEventsEnd: true },
    ]);
    watch.stop();
  });
  it("bring the values of secrets, which are not broadcast", async () => {
    const namespace = await namespaceOf();
    const { deliver, count } = collector();
    const place = rig.place("secrets", namespace);
    const watch = await rig.registry.watch(caller, place, watching, deliver);
    await create(namespace, { name: "s" }, { k: "YWJj" }, "secrets");
    const [event] = (await count(1)) as { version: Version }[];
    expect(dataOf(event?.version as Version)).toEqual({ k: "YWJj" });
    watch.stop();
  });
});

describe("a second API server", () => {
  it("sees what the first wrote as soon as that is acknowledged", async () => {
    const replica = await rig.replica();
    const namespace = await namespaceOf();
    const place = rig.place("configmaps", namespace, "a");
    await create(namespace, { name: "a" }, { k: "0" });
    for (let step = 1; step <= 20; step++) {
      await patch(namespace, "a", { data: { k: String(step) } });
      expect(dataOf(await replica.get(caller, place, {}))).toEqual({ k: String(step) });
    }
  });
});

describe("services", () => {
  const service = (namespace: string, name: string, spec: object) =>
    rig.registry.create(
      caller,
      rig.place("services", namespace),
      body({ metadata: { name }, spec }),
      write,
    );
  const specOf = ({ version }: { version: Version }) =>
    (version.object as KubeObject & { spec: { clusterIP: string; ports: { nodePort: number }[] } })
      .spec;

  it("get addresses and node ports that nobody else has", async () => {
    const namespace = await namespaceOf();
    const spec = { type: "NodePort", ports: [{ port: 80 }] };
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, index) => service(namespace, `s${index}`, spec)),
    );
    expect(new Set(made.map((one) => specOf(one).clusterIP)).size).toBe(10);
    expect(new Set(made.map((one) => specOf(one).ports[0]?.nodePort)).size).toBe(10);
  });

  it("cannot take what another has, until that is gone", async () => {
    const namespace = await namespaceOf();
    const clusterIP = "127.96.0.77";
    const spec = { clusterIP, ports: [{ port: 80 }] };
    await service(namespace, "a", spec);
    expect(await refusal(service(namespace, "b", spec))).toBe(
      '422 Service "b" is invalid: spec.clusterIPs: Invalid value: ["127.96.0.77"]: ' +
        "failed to allocate IP 127.96.0.77: provided IP is already allocated",
    );
  });
});
