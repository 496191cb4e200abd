/** Logs, asked for over TLS. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensurePki } from "../../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { openDoor, type TestDoor } from "../fixtures/door.ts";
import { startKubelet, type TestKubelet } from "../fixtures/kubelet.ts";

const pods = resources.find(({ plural }) => plural === "pods") as ResourceDefinition;
let door: TestDoor;
let kubelet: TestKubelet;

beforeAll(async () => {
  kubelet = await startKubelet("n1");
  door = await openDoor(ensurePki, { nodes: kubelet.nodes });
  const containers = (...names: string[]) => names.map((name) => ({ name }));
  const put = (name: string, spec: object, status: object = {}) =>
    door.registry.put(pods, { metadata: { name, namespace: "ns" }, spec, status } as object);
  put("one", { nodeName: "n1", containers: containers("c") });
  put("two", { nodeName: "n1", containers: containers("a", "b") });
  put("unbound", { containers: containers("c") });
  const waiting = { name: "c", state: { waiting: { reason: "ContainerCreating" } } };
  put(
    "starting",
    { nodeName: "n1", containers: containers("c") },
    {
      containerStatuses: [waiting],
    },
  );
});
afterAll(async () => {
  await door.close();
  await kubelet.stop();
});

const prints = (...texts: readonly string[]) => {
  kubelet.serve = async (session) => {
    for (const text of texts) await session.channel(1).write(Buffer.from(text));
    return {};
  };
};
const log = (pod: string, query = "") =>
  door.call({ path: `/api/v1/namespaces/ns/pods/${pod}/log${query}` });

test("streams what the kubelet sends", async () => {
  prints("one\n", "two\n");
  const { status, headers, text } = await log("one", "?tailLines=2&timestamps=true");
  expect([status, headers["content-type"], text]).toEqual([200, "text/plain", "one\ntwo\n"]);
  expect(kubelet.asked.at(-1)).toMatchObject({
    verb: "log",
    request: { container: "c", tailLines: 2, timestamps: true, stream: "All" },
  });
});

test("an empty log is an empty answer", async () => {
  prints();
  const { status, text } = await log("one");
  expect([status, text]).toEqual([200, ""]);
});

test("a pod without a node has none", async () => {
  expect((await log("unbound")).status).toBe(204);
});

test.each([
  ["two", "", 400, "a container name must be specified for pod two, choose one of: [a b]"],
  ["two", "?container=z", 400, "container z is not valid for pod two"],
  ["none", "", 404, 'pods "none" not found'],
  ["starting", "", 400, 'container "c" in pod "starting" is waiting to start: ContainerCreating'],
  [
    "starting",
    "?previous=true",
    400,
    'previous terminated container "c" in pod "starting" not found',
  ],
  [
    "one",
    "?tailLines=-1&sinceSeconds=0",
    422,
    'PodLogOptions "one" is invalid: [tailLines: Invalid value: -1: must be greater than or ' +
      "equal to 0, sinceSeconds: Invalid value: 0: must be greater than 0]",
  ],
  [
    "one",
    "?stream=Both",
    422,
    'PodLogOptions "one" is invalid: stream: Unsupported value: "Both": ' +
      'supported values: "All", "Stderr", "Stdout"',
  ],
])("%s%s is refused", async (pod, query, code, message) => {
  const { status, json } = await log(pod, query);
  expect([status, json["message"]]).toEqual([code, message]);
});

test.each([
  [400, "BadRequest", 'container "c" in pod "one" is waiting to start: PodInitializing'],
  [500, "InternalError", "disk on fire"],
])("passes on a kubelet's %i", async (code, reason, message) => {
  kubelet.refusal = { code, message };
  const { status, json } = await log("one");
  kubelet.refusal = undefined;
  expect([status, json["reason"]]).toEqual([code, reason]);
  expect(json["message"]).toContain(message);
});

test("a follower whose kubelet vanishes gets a plain end", async () => {
  const other = await startKubelet("n1");
  const behind = await openDoor(ensurePki, { nodes: other.nodes });
  try {
    const containers = [{ name: "c" }];
    const metadata = { name: "one", namespace: "ns" };
    behind.registry.put(pods, { metadata, spec: { nodeName: "n1", containers } } as object);
    other.serve = async (session) => {
      await session.channel(1).write(Buffer.from("begun\n"));
      other.crash();
      return session.over;
    };
    const path = "/api/v1/namespaces/ns/pods/one/log?follow=true";
    const { status, text } = await behind.call({ path });
    expect([status, text]).toEqual([200, "begun\n"]);
  } finally {
    await behind.close();
    await other.stop();
  }
});
