/** Requests through the API server to something that listens. */
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensurePki } from "../../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { socketOf } from "#libs/bus/session/index.ts";
import { WebSocket, WebSocketServer } from "ws";
import { openDoor, type TestDoor } from "../fixtures/door.ts";
import { startKubelet, type TestKubelet } from "../fixtures/kubelet.ts";
import { nodeTarget, parseProxyName, podTarget, serviceTarget } from "./target.ts";

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
    metadata: { name: "p", namespace: "ns", uid: "u" },
    spec: { nodeName: "n", containers: [{}, { ports: [{ containerPort: 8080 }] }] },
    status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] },
  };
  test("of a pod are its first port, or the one asked for", () => {
    const names = { namespace: "ns", pod: "p", uid: "u" };
    const target = { type: "pod", scheme: "http", address: "10.0.0.1", node: "n", pod: names };
    expect(podTarget(pod, name)).toEqual({ ...target, port: 8080 });
    expect(podTarget(pod, { ...name, port: "99" })).toEqual({ ...target, port: 99 });
    const plain = { ...pod, spec: { nodeName: "n" } };
    expect(podTarget(plain, { ...name, scheme: "https" })).toMatchObject({ port: 443 });
    expect(() => podTarget({}, name)).toThrow("address not allowed");
    expect(() => podTarget({ ...pod, spec: {} }, name)).toThrow("address not allowed");
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
  const at = (ip: string) => ({ ip, nodeName: "n", targetRef: { kind: "Pod", name: ip } });
  const others = [{ ip: "c" }, { ...at("d"), targetRef: { kind: "Node" } }];
  const ports = [{ name: "web", port: 8080 }];
  const subset = { addresses: [at("a"), at("b"), ...others], ports };
  const endpoints = { subsets: [{ ports: subset.ports }, subset] };
  test.each([
    ["web", 0, "a"],
    ["80", 0.99, "b"],
  ])("of a service's port %s at %f are %s", (port, chance, address) => {
    const target = serviceTarget(service, endpoints, { ...name, port }, chance);
    expect(target).toMatchObject({ scheme: "http", address, port: 8080, node: "n" });
  });

  test("of a service without ready endpoints, or another port, are none", () => {
    const admin = { ...name, name: "s", port: "admin" };
    expect(() => serviceTarget(service, endpoints, admin, 0)).toThrow(
      'no endpoints available for service "s"',
    );
    const nope = { ...name, name: "s", port: "x" };
    expect(() => serviceTarget(service, endpoints, nope, 0)).toThrow(
      'no endpoints available for service "s"',
    );
    expect(() => serviceTarget(service, endpoints, { ...name, port: "99" }, 0)).toThrow(
      'no service port 99 found for service "s"',
    );
  });

  test("of a node are its kubelet and nothing else", () => {
    const node = { metadata: { name: "n" } };
    expect(nodeTarget(node, name)).toEqual({ type: "node", scheme: "http", node: "n" });
    expect(nodeTarget(node, { ...name, port: "10250" }).node).toBe("n");
    expect(() => nodeTarget(node, { ...name, port: "22" })).toThrow("address not allowed");
  });
});

describe("requests", () => {
  let door: TestDoor;
  let kubelet: TestKubelet;
  let behind: Server;
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];

  beforeAll(async () => {
    behind = createServer((request, response) => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers });
      const moved = url === "/moved" ? { location: "/else" } : {};
      const open = { "access-control-allow-origin": "*" };
      const head = { "x-answer": "yes", "content-type": "text/plain", ...moved, ...open };
      response.writeHead(418, head);
      request.pipe(response);
    });
    const sockets = new WebSocketServer({ noServer: true });
    behind.on("upgrade", (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (ws) =>
        ws.on("message", (data) => ws.send(`${request.url} ${String(data)}`)),
      ),
    );
    await new Promise<void>((resolve) => behind.listen(0, "127.0.0.1", resolve));
    const { port } = behind.address() as AddressInfo;
    kubelet = await startKubelet("n1");
    kubelet.serve = async (session, { verb, request }) => {
      if (request["port"] === 1) return { message: "dial: connect: connection refused" };
      const there = connect({ port: verb === "http" ? port : Number(request["port"]) });
      const here = socketOf(session);
      await Promise.allSettled([pipeline(here, there), pipeline(there, here)]);
      return {};
    };
    door = await openDoor(ensurePki, { nodes: kubelet.nodes });
    const put = (plural: string, name: string, more: object, namespace = "ns") =>
      door.registry.put(core(plural), { metadata: { name, namespace }, ...more });
    put("pods", "p", {
      spec: { nodeName: "n1", containers: [{ ports: [{ containerPort: port }] }] },
      status: { podIPs: [{ ip: "10.0.0.1" }] },
    });
    const address = { ip: "10.0.0.1", nodeName: "n1", targetRef: { kind: "Pod", name: "p" } };
    put("nodes", "n1", {}, "");
    put("services", "s", { spec: { ports: [{ port: 80 }] } });
    put("endpoints", "s", { subsets: [{ addresses: [address], ports: [{ port }] }] });
    put("services", "alone", { spec: { ports: [{ port: 80 }] } });
    put("services", "broken", { spec: { ports: [{ port: 80 }] } });
    put("endpoints", "broken", { subsets: [{ addresses: [address], ports: [{ port: 1 }] }] });
  });
  afterAll(async () => {
    await door.close();
    await kubelet.stop();
    behind.close();
  });

  const pods = "/api/v1/namespaces/ns/pods";
  const services = "/api/v1/namespaces/ns/services";

  test.each([`${pods}/p`, `${services}/s`, "/api/v1/nodes/n1"])(
    "to %s arrive and come back",
    async (what) => {
      const { status, headers, text } = await door.call({
        method: "POST",
        path: `${what}/proxy/a%2Fb/c?x=1`,
        headers: { authorization: "Bearer secret", "x-mine": "1", "x-forwarded-for": "9.9.9.9" },
        body: "hello",
      });
      expect([status, headers["x-answer"], text]).toEqual([418, "yes", "hello"]);
      expect(headers).not.toHaveProperty("access-control-allow-origin");
      const last = seen.at(-1);
      expect([last?.method, last?.url]).toEqual(["POST", "/a%2Fb/c?x=1"]);
      expect(last?.headers).toMatchObject({
        "x-mine": "1",
        host: `127.0.0.1:${door.server.port}`,
        "x-forwarded-for": "9.9.9.9, 127.0.0.1",
        "x-forwarded-proto": "https",
      });
      expect(last?.headers).not.toHaveProperty("authorization");
    },
  );

  test.each(["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is passed on", async (method) => {
    const { status } = await door.call({ method, path: `${services}/s/proxy/x` });
    expect([status, seen.at(-1)?.method]).toEqual([418, method]);
  });

  test("to no path at all are sent to the root", async () => {
    const path = `${services}/s/proxy`;
    const { status, headers } = await door.call({ path: `${path}?y=2` });
    expect([status, headers.location]).toEqual([301, `${path}/?y=2`]);
  });

  test("that are sent elsewhere stay behind the proxy", async () => {
    const { headers } = await door.call({ path: `${pods}/p/proxy/moved` });
    expect(headers.location).toBe(`${pods}/p/proxy/else`);
  });

  test("to a WebSocket change the protocol", async () => {
    const { ca, admin } = door.pki;
    const url = `wss://127.0.0.1:${door.server.port}${services}/s/proxy/chat?a=b`;
    const ws = new WebSocket(url, { ca, cert: admin.cert, key: admin.key });
    const answer = new Promise<string>((resolve, reject) => {
      ws.once("message", (data) => resolve(String(data)));
      ws.once("error", reject);
    });
    ws.once("open", () => ws.send("hello"));
    expect(await answer).toBe("/chat?a=b hello");
    ws.close();
  });

  test.each([
    ["alone", 404, 'services "alone" not found'],
    ["none", 404, 'services "none" not found'],
    [
      "broken",
      503,
      "error trying to reach service: dial tcp 10.0.0.1:1: connect: connection refused",
    ],
    ["s:nope", 503, 'no endpoints available for service "s"'],
    ["s:99", 503, 'no service port 99 found for service "s"'],
    ["a:b:c", 400, 'invalid service request "a:b:c"'],
  ])("to %s are %i", async (service, code, message) => {
    const path = `${services}/${service}/proxy/`;
    const { status, json } = await door.call({ path });
    expect([status, json["message"]]).toEqual([code, message]);
  });
});
