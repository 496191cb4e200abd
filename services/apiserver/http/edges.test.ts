/** Answers at the edges: URLs that are none, requests that take too long, and small documents. */
import { createPublicKey, type JsonWebKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Version } from "../registry/request.ts";
import { openDoor, type TestDoor } from "./fixtures/door.ts";
import { memoryRegistry, versionOf } from "./fixtures/memory-registry.ts";

const found = resources.find(({ plural, group }) => plural === "configmaps" && group === "");
const configmaps = found as ResourceDefinition;
const home = "/api/v1/namespaces/ns/configmaps";

let door: TestDoor;
let release = () => {};
const memory = memoryRegistry();

beforeAll(async () => {
  door = await openDoor(ensurePki, {
    limits: { requestMsMax: 10_000 },
    registry: {
      ...memory,
      get: () =>
        new Promise<Version>((resolve) => {
          release = () => resolve(versionOf(configmaps, { metadata: { name: "p" } }, 1));
        }),
    },
  });
});
afterAll(() => door.close());

describe("a deadline", () => {
  test.each([
    ["abc", 'time: invalid duration "abc"'],
    ["5", 'time: missing unit in duration "5"'],
    ["1x", 'time: unknown unit "x" in duration "1x"'],
  ])("timeout=%s is no duration", async (timeout, why) => {
    const { status, json } = await door.call({ path: `${home}?timeout=${timeout}` });
    expect([status, json["reason"], json["message"]]).toEqual([
      400,
      "BadRequest",
      `invalid timeout specified in the request URL - ${why}`,
    ]);
  });

  test("that is over is a 504, and the late answer is dropped", async () => {
    const { status, json } = await door.call({ path: `${home}/p?timeout=50ms` });
    release();
    expect([status, json["reason"], json["message"]]).toEqual([
      504,
      "Timeout",
      "Timeout: request did not complete within requested timeout - context deadline exceeded",
    ]);
    expect((await door.call({ path: home })).status).toBe(200);
  });

  test.each(["0s", "1h", ""])("timeout=%s is the server's own", async (timeout) => {
    expect((await door.call({ path: `${home}?timeout=${timeout}` })).status).toBe(200);
  });
});

test("a path that is no URL is refused before anything else", async () => {
  const { status, text } = await door.call({ path: `${home}/%zz`, as: "stranger" });
  expect([status, text]).toEqual([400, "400 Bad Request"]);
});

test.each([
  "/constructor",
  "/__proto__",
  "/toString/x",
  "/apis/constructor",
  "/readyz/constructor",
])("what every object has is no endpoint: %s", async (path) => {
  const { status, text } = await door.call({ path });
  expect([status, text]).toEqual([404, "404 page not found\n"]);
});

test("nor a type of bodies", async () => {
  const headers = { "content-type": "constructor" };
  const { status } = await door.call({ method: "POST", path: home, headers, body: "{}" });
  expect(status).toBe(415);
});

describe("the issuer of tokens", () => {
  let issuing: TestDoor;
  beforeAll(async () => {
    issuing = await openDoor(async (options) => {
      const pki = await ensurePki(options);
      keys.push(pki.serviceAccount.publicKey);
      return pki;
    }, issuerOptions());
  });
  afterAll(() => issuing.close());

  const keys: string[] = [];
  const issuerOptions = () => ({
    auth: {
      serviceAccounts: {
        get publicKeys() {
          return keys.slice(0, 1);
        },
        issuer: "https://issuer",
        audiences: ["https://issuer"],
      },
    },
  });

  test("is described as OpenID Connect describes it", async () => {
    const { headers, json } = await issuing.call({ path: "/.well-known/openid-configuration" });
    expect(headers).toMatchObject({
      "cache-control": "public, max-age=3600",
      "content-type": "application/json",
    });
    expect(json).toEqual({
      issuer: "https://issuer",
      jwks_uri: `https://127.0.0.1:${issuing.server.port}/openid/v1/jwks`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    });
  });

  test("shows keys that others can check with", async () => {
    const { headers, json } = await issuing.call({ path: "/openid/v1/jwks" });
    expect(headers["content-type"]).toBe("application/jwk-set+json");
    const [key] = json["keys"] as (JsonWebKey & { kid: string })[];
    expect(key).toMatchObject({ use: "sig", kty: "EC", alg: "ES256" });
    expect(key?.kid).toMatch(/^[\w-]{43}$/);
    const shown = createPublicKey({ key: key as JsonWebKey, format: "jwk" });
    expect(shown.equals(createPublicKey(keys[0] ?? ""))).toBe(true);
  });

  test("is not there where no token is believed", async () => {
    const { status } = await door.call({ path: "/openid/v1/jwks" });
    expect(status).toBe(404);
  });
});

describe("numbers for people", () => {
  test("what the health checks said", async () => {
    await door.call({ path: "/readyz" });
    const { text } = await door.call({ path: "/metrics/slis" });
    expect(text).toContain('kubernetes_healthcheck{name="ping",type="readyz"} 1\n');
    expect(text).toMatch(/healthchecks_total\{name="ping",status="success",type="readyz"\} \d+\n/);
  });

  test.each([
    [
      "dump_priority_levels",
      /^PriorityLevelName, +ActiveQueues, +IsIdle,.*\ncatch-all, +0, +true,/,
    ],
    ["dump_queues", /^PriorityLevelName, +Index, /],
    ["dump_requests", /^PriorityLevelName, +FlowSchemaName, /],
  ])("%s", async (name, shape) => {
    const { text } = await door.call({ path: `/debug/api_priority_and_fairness/${name}` });
    expect(text).toMatch(shape);
  });

  test("are listed at the root", async () => {
    const { json } = await door.call({ path: "/" });
    const paths = json["paths"] as string[];
    expect(paths).toContain("/debug/api_priority_and_fairness/dump_queues");
    expect(paths).toContain("/metrics/slis");
    expect(paths).toEqual(paths.toSorted());
  });
});
