/** What the door does with slow, leaving and too many clients, and at its own end. */
import { connect, constants } from "node:http2";
import https from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { openDoor, type TestDoor } from "./fixtures/door.ts";
import { versionOf } from "./fixtures/memory-registry.ts";

let door: TestDoor;
const found = resources.find(({ plural, group }) => plural === "configmaps" && group === "");
const configmaps = found as ResourceDefinition;
const home = "/api/v1/namespaces/ns/configmaps";

beforeAll(async () => {
  door = await openDoor(ensurePki);
  door.registry.put(configmaps, { metadata: { name: "p", namespace: "ns" } });
});
afterAll(() => door.close());

test("a slow watcher is cut off when too much waits for it", async () => {
  const small = await openDoor(ensurePki, { limits: { watchBufferBytesMax: 100_000 } });
  try {
    const session = connect(`https://127.0.0.1:${small.server.port}`, {
      ca: small.pki.ca,
      ...small.pki.admin,
    });
    // Nobody reads: the stream's window fills, then the buffer behind it.
    const watch = session.request({ ":path": `${home}?watch=1` });
    await expect.poll(() => small.registry.watchers).toBe(1);
    const metadata = { name: "w", namespace: "ns" };
    for (let revision = 1; revision < 200 && small.registry.watchers > 0; revision += 1) {
      const data = { k: "x".repeat(10_000) };
      const version = versionOf(configmaps, { metadata, data } as object, revision);
      small.registry.broadcast([{ type: "MODIFIED", version }]);
    }
    expect(small.registry.watchers).toBe(0);
    watch.on("error", () => {});
    session.destroy();
  } finally {
    await small.close();
  }
});

test("closing ends watches at once, and with them their connections", async () => {
  const other = await openDoor(ensurePki, { limits: { closeMsMax: 60_000 } });
  const watches = [1, 2].map(() => other.call({ path: `${home}?watch=1` }));
  await expect.poll(() => other.registry.watchers).toBe(2);
  await other.server.close();
  for (const { status } of await Promise.all(watches)) expect(status).toBe(200);
  expect(other.registry.watchers).toBe(0);
  await other.close();
});

test("a client that leaves in the middle of its body leaves nothing behind", async () => {
  const before = door.registry.calls.length;
  const session = connect(`https://127.0.0.1:${door.server.port}`, {
    ca: door.pki.ca,
    ...door.pki.admin,
  });
  const headers = { ":method": "POST", ":path": home, "content-type": "application/json" };
  const upload = session.request(headers);
  upload.on("error", () => {});
  await new Promise((resolve) => upload.write('{"apiVersion":"v1",', resolve));
  session.destroy();
  expect((await door.call({ path: `${home}/p` })).status).toBe(200);
  expect(door.registry.calls.slice(before)).toEqual(["get configmaps ns/p"]);
});

test("component statuses are what the checks say", async () => {
  const broken = () => Promise.reject(new Error("lost"));
  const other = await openDoor(ensurePki, {
    checks: [
      { name: "bus", check: broken, probes: ["readyz"] },
      { name: "store", check: () => {}, probes: ["readyz"] },
    ],
  });
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const path = "/api/v1/componentstatuses";
  const { json, headers } = await other.call({ path, headers: { accept } });
  expect(headers["warning"]).toBe('299 - "v1 ComponentStatus is deprecated in v1.19+"');
  expect((json["rows"] as { cells: unknown[] }[]).map(({ cells }) => cells.slice(0, 2))).toEqual([
    ["bus", "Unhealthy"],
    ["store", "Healthy"],
  ]);
  const { json: missing } = await other.call({ path: `${path}/none` });
  expect(missing["message"]).toBe('componentstatus "none" not found');
  await other.close();
});

describe("a client that leaves", () => {
  const path = "/api/v1/namespaces/huge/configmaps";
  const finished = /total\{code="200",.*resource="configmaps",.*verb="LIST",.*\} (\d+)/;
  const lists = async () =>
    Number(finished.exec((await door.call({ path: "/metrics" })).text)?.[1] ?? 0);

  beforeAll(() => {
    for (let index = 0; index < 200; index += 1) {
      const metadata = { name: `huge-${index}`, namespace: "huge" };
      door.registry.put(configmaps, { metadata, data: { k: "x".repeat(50_000) } } as object);
    }
  });

  test.each([
    ["HTTP/2", undefined],
    ["HTTP/2 with gzip", "gzip"],
  ])("in the middle of a long list ends it: %s", async (_, encoding) => {
    const before = await lists();
    const session = connect(`https://127.0.0.1:${door.server.port}`, {
      ca: door.pki.ca,
      ...door.pki.admin,
    });
    const headers = encoding === undefined ? {} : { "accept-encoding": encoding };
    const list = session.request({ ":path": path, ...headers });
    list.on("error", () => {});
    await new Promise((resolve) => list.once("response", resolve));
    list.close(constants.NGHTTP2_CANCEL);
    await expect.poll(lists).toBe(before + 1);
    session.destroy();
  });

  test("in the middle of a long list ends it: HTTP/1.1", async () => {
    const before = await lists();
    const asked = https.get({
      host: "127.0.0.1",
      port: door.server.port,
      path,
      ca: door.pki.ca,
      ...door.pki.admin,
    });
    asked.on("error", () => {});
    await new Promise((resolve) => asked.once("response", resolve));
    asked.destroy();
    await expect.poll(lists).toBe(before + 1);
  });
});

test("more requests than can be at work are told to come again; watches do not count", async () => {
  const small = await openDoor(ensurePki, { limits: { requestsMax: 1 } });
  const watch = small.call({ path: `${home}?watch=1&timeoutSeconds=1` });
  await expect.poll(() => small.registry.watchers).toBe(1);
  let entered = false;
  let go = () => {};
  const waiting = new Promise<void>((resolve) => (go = resolve));
  const { list } = small.registry;
  small.registry.list = async (...given) => {
    entered = true;
    await waiting;
    return list(...given);
  };
  const first = small.call({ path: home });
  await expect.poll(() => entered).toBe(true);
  const second = await small.call({ path: home });
  expect([second.status, second.headers["retry-after"]]).toEqual([429, "1"]);
  expect(second.text).toBe("Too many requests, please try again later.\n");
  go();
  expect((await first).status).toBe(200);
  expect((await small.call({ path: "/version" })).status).toBe(200);
  expect((await watch).status).toBe(200);
  await small.close();
});
