/** Watches and logs over WebSockets. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { openDoor, type TestDoor } from "./fixtures/door.ts";
import { startKubelet, type TestKubelet } from "./fixtures/kubelet.ts";
import { subprotocolsOf } from "./subprotocols.ts";

const definition = (plural: string) =>
  resources.find((one) => one.group === "" && one.plural === plural) as ResourceDefinition;
const tokenOf = (token: string) =>
  `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString("base64url")}`;

const caller = { user: "tester", groups: [], manager: "tests" };
const place = {
  definition: definition("configmaps"),
  subresource: "",
  namespace: "ns",
  name: "",
};

let door: TestDoor;
let kubelet: TestKubelet;

beforeAll(async () => {
  kubelet = await startKubelet("n1");
  kubelet.serve = async (session) => {
    await session.channel(1).write(Buffer.from("one\ntwo\n"));
    return {};
  };
  const tokens = new Map([["secret", { name: "browser", groups: ["system:masters"] }]]);
  door = await openDoor(ensurePki, { nodes: kubelet.nodes, auth: { tokens } });
  const spec = { nodeName: "n1", containers: [{ name: "c" }] };
  door.registry.put(definition("pods"), {
    metadata: { name: "p", namespace: "ns" },
    spec,
  } as object);
  for (const name of ["one", "two"]) {
    door.registry.put(definition("configmaps"), { metadata: { name, namespace: "ns" } });
  }
});

afterAll(async () => {
  await door.close();
  await kubelet.stop();
});

function open(path: string, protocols: readonly string[] = []): WebSocket {
  const url = `wss://127.0.0.1:${door.server.port}/api/v1/namespaces/ns/${path}`;
  const hasToken = protocols.some((each) => each.includes("bearer"));
  return new WebSocket(url, [...protocols], {
    ca: door.pki.ca,
    ...(hasToken ? {} : door.pki.admin),
  });
}

const statusOf = async (ws: WebSocket) => {
  const [, answer] = (await once(ws, "unexpected-response")) as [unknown, { statusCode: number }];
  ws.on("error", () => undefined);
  ws.terminate();
  return answer.statusCode;
};

test("a watch is a message an event", async () => {
  const ws = open("configmaps?watch=true");
  const messages: { text: string; isBinary: boolean }[] = [];
  ws.on("message", (data: Buffer, isBinary) => messages.push({ text: String(data), isBinary }));
  await once(ws, "open");
  const { versions } = await door.registry.list(caller, place, { limit: 0 });
  door.registry.broadcast(versions.map((version) => ({ type: "ADDED", version })));
  while (messages.length < 2) await once(ws, "message");
  const events = messages.map(({ text }) => JSON.parse(text) as object);
  expect(events).toEqual(
    ["one", "two"].map((name) =>
      expect.objectContaining({
        type: "ADDED",
        object: expect.objectContaining({ metadata: expect.objectContaining({ name }) as object }),
      }),
    ),
  );
  expect(messages.map(({ isBinary }) => isBinary)).toEqual([false, false]);
  ws.close();
});

test.each([
  [[], true, "one\ntwo\n"],
  [["binary.k8s.io"], true, "one\ntwo\n"],
  [["base64.binary.k8s.io"], false, Buffer.from("one\ntwo\n").toString("base64")],
])("a log in %j", async (protocols, binary, text) => {
  const ws = open("pods/p/log", protocols);
  const closed = once(ws, "close");
  const [data, isBinary] = (await once(ws, "message")) as [Buffer, boolean];
  expect([isBinary, data.toString(), ws.protocol]).toEqual([binary, text, protocols[0] ?? ""]);
  expect((await closed)[0]).toBe(1_000);
});

test("a browser's token is among the protocols", async () => {
  const ws = open("pods/p/log", ["base64.binary.k8s.io", tokenOf("secret")]);
  await once(ws, "message");
  expect(ws.protocol).toBe("base64.binary.k8s.io");
  expect(await statusOf(open("pods/p/log", ["base64.binary.k8s.io", tokenOf("wrong")]))).toBe(401);
});

test("what is refused is answered as ever", async () => {
  expect(await statusOf(open("pods/none/log"))).toBe(404);
  expect(await statusOf(open("configmaps?watch=true&limit=x"))).toBe(400);
});

test.each([
  [["a, b"], ["a", "b"], undefined],
  [[`a, ${tokenOf("t")}`], ["a"], "t"],
  [[tokenOf("t")], [], undefined],
  [["a", "base64url.bearer.authorization.k8s.io.!"], ["a"], undefined],
])("%j", (values, offered, token) => {
  expect(subprotocolsOf(values)).toEqual({ offered, token });
});
