/** Requests through the API server to something that listens. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { openDoor, type TestDoor } from "../fixtures/door.ts";
import { parseProxyName, podTarget, serviceTarget } from "./target.ts";

const core = (plural: string) =>
  resources.find((one) => one.group === "" && one.plural === plural) as ResourceDefinition;

describe("names", () => {
  test.each([
    ["s", { scheme: "http", name: "s", port: "" }],
    ["s:web", { scheme: "http", name: "s", port: "web" }],
    ["https:s:443", { scheme: "https", name: "s", port: "443" }],
    [":s:", { scheme: "http", name: "s", port: "" }],
  ])("%s", (text, expected) => {
    expect(parseProxyName(text, "service")).toEqual(expected);
  });

  test.each(["ftp:s:1", "a:b:c:d"])("%s is none", (text) => {
    expect(() => parseProxyName(text, "service")).toThrow(`invalid service request "${text}"`);
  });
});

describe("targets", () => {
  const name = parseProxyName("p", "pod");
  const pod = {
    metadata: { name: "p" },
    spec: { containers: [{}, { ports: [{ containerPort: 8080 }] }] },
    status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] },
  };
  test("of a pod are its first port, or the one asked for", () => {
    expect(podTarget(pod, name)).toEqual({ scheme: "http", address: "10.0.0.1", port: 8080 });
    expect(podTarget(pod, { ...name, port: "99" }).port).toBe(99);
    expect(podTarget({ status: pod.status }, { ...name, scheme: "https" }).port).toBe(443);
    expect(() => podTarget({}, name)).toThrow("address not allowed");
    expect(() => podTarget(pod, { ...name, port: "x" })).toThrow("invalid pod request");
  });

  const service = {
    metadata: { name: "s" },
    spec: {
      ports: [
        { name: "web", port: 80 },
        { name: "admin", port: 81 },
      ],
    },
  };
  const subset = { addresses: [{ ip: "a" }, { ip: "b" }], ports: [{ name: "web", port: 8080 }] };
  const endpoints = { subsets: [{ ports: subset.ports }, subset] };
  test.each([
    ["web", 0, "a"],
    ["80", 0.99, "b"],
  ])("of a service's port %s at %f are %s", (port, chance, address) => {
    expect(serviceTarget(service, endpoints, { ...name, port }, chance)).toEqual({
      scheme: "http",
      address,
      port: 8080,
    });
  });

  test("of a service without ready endpoints, or another port, are none", () => {
    const admin = { ...name, name: "s", port: "admin" };
    expect(() => serviceTarget(service, endpoints, admin, 0)).toThrow(
      'no endpoints available for service "s"',
    );
    expect(() => serviceTarget(service, endpoints, { ...name, port: "x" }, 0)).toThrow(
      'no service port "x" found for service "s"',
    );
  });
});

describe("requests", () => {
  let door: TestDoor;
  let behind: Server;
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];

  beforeAll(async () => {
    behind = createServer((request, response) => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers });
      response.writeHead(418, { "x-answer": "yes", "content-type": "text/plain" });
      request.pipe(response);
    });
    await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
    const { port } = behind.address() as AddressInfo;
    door = await openDoor(ensurePki);
    const put = (plural: string, name: string, more: object) =>
      door.registry.put(core(plural), { metadata: { name, namespace: "ns" }, ...more });
    put("pods", "p", {
      spec: { containers: [{ ports: [{ containerPort: port }] }] },
      status: { podIPs: [{ ip: "127.0.0.1" }] },
    });
    put("services", "s", { spec: { ports: [{ port: 80 }] } });
    put("endpoints", "s", { subsets: [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ port }] }] });
    put("services", "alone", { spec: { ports: [{ port: 80 }] } });
    put("services", "broken", { spec: { ports: [{ port: 80 }] } });
    const nowhere = [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ port: 1 }] }];
    put("endpoints", "broken", { subsets: nowhere });
  });
  afterAll(async () => {
    await door.close();
    behind.close();
  });

  test.each(["pods/p", "services/s"])("to %s arrive and come back", async (what) => {
    const { status, headers, text } = await door.call({
      method: "POST",
      path: `/api/v1/namespaces/ns/${what}/proxy/a%2Fb/c?x=1`,
      headers: { authorization: "Bearer secret", "x-mine": "1" },
      body: "hello",
    });
    expect([status, headers["x-answer"], text]).toEqual([418, "yes", "hello"]);
    const last = seen.at(-1);
    expect([last?.method, last?.url]).toEqual(["POST", "/a%2Fb/c?x=1"]);
    expect(last?.headers).toMatchObject({ "x-mine": "1" });
    expect(last?.headers).not.toHaveProperty("authorization");
  });

  test("to no path at all are sent to the root", async () => {
    const path = "/api/v1/namespaces/ns/services/s/proxy";
    const { status, headers } = await door.call({ path: `${path}?y=2` });
    expect([status, headers.location]).toEqual([301, `${path}/?y=2`]);
  });

  test.each([
    ["alone", 404, 'services "alone" not found'],
    ["none", 404, 'services "none" not found'],
    ["broken", 503, "error trying to reach service: connect ECONNREFUSED 127.0.0.1:1"],
    ["s:nope", 503, 'no service port "nope" found for service "s"'],
  ])("to %s are %i", async (service, code, message) => {
    const path = `/api/v1/namespaces/ns/services/${service}/proxy/`;
    const { status, json } = await door.call({ path });
    expect([status, json["message"]]).toEqual([code, message]);
  });
});
