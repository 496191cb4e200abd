/** Logs, asked for over TLS. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensurePki } from "../../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { LogChunk } from "#proto/gen/kubus/node/v1.ts";
import { openDoor, type TestDoor } from "../fixtures/door.ts";

const pods = resources.find(({ plural }) => plural === "pods") as ResourceDefinition;
let door: TestDoor;

beforeAll(async () => {
  door = await openDoor(ensurePki);
  const containers = (...names: string[]) => names.map((name) => ({ name }));
  const put = (name: string, spec: object, status: object = {}) =>
    door.registry.put(pods, { metadata: { name, namespace: "ns" }, spec, status } as object);
  put("one", { nodeName: "n1", containers: containers("c") });
  put("two", { nodeName: "n1", containers: containers("a", "b") });
  put("unbound", { containers: containers("c") });
  const waiting = { name: "c", state: { waiting: { reason: "ContainerCreating" } } };
  put("starting", { nodeName: "n1", containers: containers("c") }, {
    containerStatuses: [waiting],
  });
});
afterAll(() => door.close());

const chunk = (more: Partial<LogChunk>): LogChunk => ({
  data: new Uint8Array(0),
  end: false,
  code: 0,
  message: "",
  ...more,
});
const log = (pod: string, query = "") =>
  door.call({ path: `/api/v1/namespaces/ns/pods/${pod}/log${query}` });

test("streams what the kubelet sends", async () => {
  door.logs.chunks = [
    chunk({ data: Buffer.from("one\n") }),
    chunk({ data: Buffer.from("two\n"), end: true }),
    chunk({ data: Buffer.from("never\n") }),
  ];
  const { status, headers, text } = await log("one", "?tailLines=2&timestamps=true");
  expect([status, headers["content-type"], text]).toEqual([200, "text/plain", "one\ntwo\n"]);
  expect(door.logs.asked.at(-1)).toMatchObject({ container: "c", tailLines: 2, timestamps: true });
});

test("an empty log is an empty answer", async () => {
  door.logs.chunks = [chunk({ end: true })];
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
  [
    "starting",
    "",
    400,
    'container "c" in pod "starting" is waiting to start: ContainerCreating',
  ],
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
])("%s%s is refused", async (pod, query, code, message) => {
  const { status, json } = await log(pod, query);
  expect([status, json["message"]]).toEqual([code, message]);
});

test.each([
  [400, "BadRequest", 'container "c" in pod "one" is waiting to start: PodInitializing'],
  [500, "InternalError", "disk on fire"],
])("passes on a kubelet's %i", async (code, reason, message) => {
  door.logs.chunks = [chunk({ code, message, end: true })];
  const { status, json } = await log("one");
  expect([status, json["reason"]]).toEqual([code, reason]);
  expect(json["message"]).toContain(message);
});
