/** The door as clients meet it: over TLS, with the registry kept in memory. */
import { connect, constants } from "node:http2";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { codecOf, decodeUnknown, hasEnvelope } from "#libs/schema/index.ts";
import { openDoor, type TestDoor } from "./fixtures/door.ts";
import { versionOf } from "./fixtures/memory-registry.ts";

let door: TestDoor;
const found = resources.find(({ plural, group }) => plural === "configmaps" && group === "");
const configmaps = found as ResourceDefinition;

beforeAll(async () => {
  door = await openDoor(ensurePki);
});
afterAll(() => door.close());

const home = "/api/v1/namespaces/ns/configmaps";
const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { k: "v" },
});

describe("who asks", () => {
  test("a certificate of the cluster's authority is a user", async () => {
    const { status, json } = await door.call({
      method: "POST",
      path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    });
    expect(status).toBe(201);
    expect(json["status"]).toMatchObject({
      userInfo: {
        username: "kubernetes-admin",
        groups: ["system:masters", "system:authenticated"],
      },
    });
  });

  test("a certificate of another authority is 401", async () => {
    const { status, json } = await door.call({ path: "/version", as: "stranger" });
    expect([status, json["reason"], json["message"]]).toEqual([
      401,
      "Unauthorized",
      "Unauthorized",
    ]);
  });

  test("nobody may read the version and not the resources", async () => {
    expect((await door.call({ path: "/version", as: "nobody" })).status).toBe(200);
    const { status, json } = await door.call({ path: home, as: "nobody" });
    expect(status).toBe(403);
    expect(json["message"]).toBe(
      'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" ' +
        'in API group "" in the namespace "ns"',
    );
  });

  test("an impersonated user has that user's rights", async () => {
    const headers = { "impersonate-user": "jane", "impersonate-group": ["a", "b"] };
    const { status, json } = await door.call({ path: `${home}/x`, headers });
    expect(status).toBe(403);
    expect(json["message"]).toContain('User "jane" cannot get resource "configmaps"');
  });
});

describe("objects", () => {
  test("are created, read, listed and deleted", async () => {
    const created = await door.call({ method: "POST", path: home, body: configMap("a") });
    expect(created.status).toBe(201);
    expect(created.text.endsWith("}\n")).toBe(true);
    expect(created.headers["audit-id"]).toMatch(/^[0-9a-f-]{36}$/);
    const read = await door.call({ path: `${home}/a` });
    expect(read.json).toMatchObject({ kind: "ConfigMap", data: { k: "v" } });
    const list = await door.call({ path: home });
    const [first] = list.json["items"] as Record<string, unknown>[];
    expect(list.json).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(first).not.toHaveProperty("kind");
    const gone = await door.call({ method: "DELETE", path: `${home}/a` });
    expect(gone.json).toMatchObject({ kind: "Status", status: "Success" });
  });

  test("may be written as YAML and read as YAML", async () => {
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yy\ndata:\n  yes: 'on'\n";
    const headers = { "content-type": "application/yaml", accept: "application/yaml" };
    const { status, text } = await door.call({ method: "POST", path: home, headers, body });
    expect(status).toBe(201);
    expect(text).toContain('data:\n  "true": "on"\n');
  });

  test("repeated fields come back as warnings", async () => {
    const body =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d"},"data":{"k":"1","k":"2"}}';
    const { headers } = await door.call({ method: "POST", path: home, body });
    expect(headers["warning"]).toBe('299 - "duplicate field \\"data.k\\""');
  });

  test("protobuf goes in as it came out", async () => {
    door.registry.put(configmaps, { ...configMap("p"), metadata: { name: "p", namespace: "ns" } });
    const type = "application/vnd.kubernetes.protobuf";
    const read = await door.call({ path: `${home}/p`, headers: { accept: type } });
    expect(hasEnvelope(read.bytes)).toBe(true);
    expect(decodeUnknown(read.bytes)).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    const written = await door.call({
      method: "PUT",
      path: `${home}/p`,
      headers: { "content-type": type },
      body: read.bytes,
    });
    expect(written.json).toMatchObject({ data: { k: "v" } });
    const list = await door.call({ path: home, headers: { accept: type } });
    expect(decodeUnknown(list.bytes).kind).toBe("ConfigMapList");
  });

  test("a table has a row for each", async () => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    const { json } = await door.call({ path: `${home}/p`, headers: { accept } });
    expect(json).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    const [row] = json["rows"] as { cells: unknown[] }[];
    expect(row?.cells.slice(0, 2)).toEqual(["p", 1]);
  });

  test("long lists are compressed for those who take it", async () => {
    for (let index = 0; index < 400; index += 1) {
      const metadata = { name: `long-${index}`, namespace: "long" };
      door.registry.put(configmaps, { metadata, data: { k: "x".repeat(500) } } as object);
    }
    const path = "/api/v1/namespaces/long/configmaps";
    const plain = await door.call({ path });
    const packed = await door.call({ path, headers: { "accept-encoding": "gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(packed.bytes).equals(plain.bytes)).toBe(true);
    expect((plain.json["items"] as unknown[]).length).toBe(400);
  });

  test("a body over the bound is refused", async () => {
    const body = { ...configMap("big"), data: { k: "x".repeat(4 * 1024 * 1024) } };
    const { status, json } = await door.call({ method: "POST", path: home, body });
    expect([status, json["message"]]).toEqual([413, "Request entity too large: limit is 3145728"]);
  });
});

describe("HTTP/2", () => {
  test("carries many requests and a watch on one connection", async () => {
    const session = connect(`https://127.0.0.1:${door.server.port}`, {
      ca: door.pki.ca,
      ...door.pki.admin,
    });
    const watch = session.request({ ":path": `${home}?watch=1` });
    const head = await new Promise<Record<string, unknown>>((resolve) =>
      watch.once("response", (headers) => resolve(headers)),
    );
    expect(head[constants.HTTP2_HEADER_STATUS]).toBe(200);
    const lines: string[] = [];
    const three = new Promise<void>((resolve) => {
      watch.on("data", (chunk: Buffer) => {
        lines.push(...chunk.toString("utf8").split("\n").filter(Boolean));
        if (lines.length >= 3) resolve();
      });
    });
    const metadata = { name: "w", namespace: "ns" };
    const version = versionOf(configmaps, { metadata }, 7);
    door.registry.broadcast([
      { type: "ADDED", version },
      { type: "DELETED", version },
      { type: "BOOKMARK", resourceVersion: "9", initialEventsEnd: true },
    ]);
    await three;
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      "ADDED",
      "DELETED",
      "BOOKMARK",
    ]);
    watch.close();
    await new Promise((resolve) => watch.once("close", resolve));
    await expect.poll(() => door.registry.watchers).toBe(0);
    session.close();
  });
});

describe("watches", () => {
  test("end at their timeout", async () => {
    const { status, text } = await door.call({ path: `${home}?watch=1&timeoutSeconds=1` });
    expect([status, text]).toEqual([200, ""]);
    expect(door.registry.watchers).toBe(0);
  });

  test("of any length go on", async () => {
    const session = connect(`https://127.0.0.1:${door.server.port}`, {
      ca: door.pki.ca,
      ...door.pki.admin,
    });
    const watch = session.request({ ":path": `${home}?watch=1&timeoutSeconds=99999999999` });
    let ended = false;
    watch.on("end", () => (ended = true)).resume();
    await new Promise((resolve) => watch.once("response", resolve));
    expect((await door.call({ path: "/version" })).status).toBe(200);
    expect([ended, door.registry.watchers]).toEqual([false, 1]);
    session.destroy();
    await expect.poll(() => door.registry.watchers).toBe(0);
  });

  test("end after an ERROR", async () => {
    const opened = door.call({ path: `${home}?watch=1` });
    await expect.poll(() => door.registry.watchers).toBe(1);
    door.registry.broadcast([
      { type: "ERROR", status: { status: "Failure", reason: "Expired", code: 410 } },
    ]);
    const { text } = await opened;
    expect(JSON.parse(text)).toMatchObject({ type: "ERROR", object: { code: 410 } });
  });

  test("by the deprecated path watch one name", async () => {
    const path = "/api/v1/watch/namespaces/ns/configmaps/a?timeoutSeconds=1";
    expect((await door.call({ path })).status).toBe(200);
    expect(door.registry.calls.at(-1)).toBe("watch configmaps ns/");
    expect(door.registry.given[0]).toMatchObject({ fieldSelector: "metadata.name=a" });
  });
});

describe("documents", () => {
  test.each([
    ["/livez", 200, "ok"],
    ["/readyz?verbose", 200, "[+]ping ok\nreadyz check passed\n"],
    ["/readyz?exclude=ping&verbose=1", 200, "[+]ping excluded: ok\nreadyz check passed\n"],
    ["/healthz/ping", 200, "ok"],
    ["/livez/none", 404, "404 page not found\n"],
    ["/nope", 404, "404 page not found\n"],
    ["/apis/nope.io/v1/things", 404, "404 page not found\n"],
  ])("%s", async (path, status, text) => {
    const answer = await door.call({ path });
    expect([answer.status, answer.text]).toEqual([status, text]);
  });

  test("discovery is cached by its ETag", async () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const first = await door.call({ path: "/api", headers: { accept } });
    expect(first.headers["content-type"]).toBe(accept);
    const etag = first.headers.etag ?? "";
    const again = await door.call({ path: "/api", headers: { accept, "if-none-match": etag } });
    expect(again.status).toBe(304);
  });

  test("discovery is also aggregated as protobuf, under the same ETag", async () => {
    const what = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const accept = `application/vnd.kubernetes.protobuf${what},application/json${what}`;
    const { headers, bytes } = await door.call({ path: "/apis", headers: { accept } });
    expect(headers["content-type"]).toBe(`application/vnd.kubernetes.protobuf${what}`);
    const { apiVersion, kind, raw } = decodeUnknown(bytes);
    expect({ apiVersion, kind }).toEqual({
      apiVersion: "apidiscovery.k8s.io/v2",
      kind: "APIGroupDiscoveryList",
    });
    const json = await door.call({
      path: "/apis",
      headers: { accept: `application/json${what}` },
    });
    expect(json.headers.etag).toBe(headers.etag);
    const codec = codecOf<{ items?: { metadata?: { name?: string } }[] }>(
      "k8s.apidiscovery.v2.APIGroupDiscoveryList",
    );
    const namesOf = (items: readonly { metadata?: { name?: string } }[] = []) =>
      items.map(({ metadata }) => metadata?.name);
    expect(namesOf(codec.decode(raw).items)).toEqual(namesOf(json.json["items"] as []));
  });

  test("a document that is named by its hash may be kept for a year", async () => {
    const index = await door.call({ path: "/openapi/v3" });
    const paths = index.json["paths"] as Record<string, { serverRelativeURL: string }>;
    const path = paths["api/v1"]?.serverRelativeURL ?? "";
    const { headers } = await door.call({ path });
    expect(headers["cache-control"]).toBe("public, immutable");
    expect(Date.parse(headers.expires ?? "")).toBeGreaterThan(Date.parse(headers.date ?? ""));
  });

  test("a connection of HTTP/1.1 is kept for a while", async () => {
    const { headers } = await door.call({ path: "/version" });
    expect(headers["keep-alive"]).toBe("timeout=90");
  });

  test("metrics count requests", async () => {
    await door.call({ path: `${home}/p` });
    const { text } = await door.call({ path: "/metrics" });
    expect(text).toMatch(/apiserver_request_total\{.*resource="configmaps".*verb="GET"/);
  });
});
