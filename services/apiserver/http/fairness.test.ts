/** Load is shaped at the real door: seats, queues, refusals, and who is never refused. */
import { connect } from "node:http2";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ensurePki } from "../../../infra/certs/pki.ts";
import { resources } from "#libs/api/index.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import { allow } from "../auth/authorize.ts";
import type { FlowConfiguration } from "../fairness/configuration.ts";
import type { Version } from "../registry/request.ts";
import { openDoor, type Answer, type TestDoor } from "./fixtures/door.ts";
import { memoryRegistry, versionOf } from "./fixtures/memory-registry.ts";

const found = resources.find(({ plural, group }) => plural === "configmaps" && group === "");
const configmaps = found as ResourceDefinition;
const object = versionOf(configmaps, { metadata: { name: "p", namespace: "ns" } }, 1);

const everything = {
  subjects: [{ kind: "Group", group: { name: "system:authenticated" } }],
  resourceRules: [
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] },
  ],
};
const configuration: FlowConfiguration = {
  flowSchemas: [
    {
      metadata: { name: "people", uid: "schema-uid" },
      spec: {
        priorityLevelConfiguration: { name: "people" },
        matchingPrecedence: 100,
        distinguisherMethod: { type: "ByUser" },
        rules: [everything],
      },
    },
  ],
  priorityLevels: [
    {
      metadata: { name: "people", uid: "level-uid" },
      spec: {
        type: "Limited",
        limited: {
          nominalConcurrencyShares: 95,
          limitResponse: {
            type: "Queue",
            queuing: { queues: 32, handSize: 2, queueLengthLimit: 4 },
          },
        },
      },
    },
  ],
};

/** Reads that end when the test says so, in the order in which they began. */
const held: { readonly name: string; readonly end: () => void }[] = [];
const memory = memoryRegistry();
const slow = {
  ...memory,
  get: (_caller: unknown, { name }: { name: string }) =>
    new Promise<Version>((resolve) => held.push({ name, end: () => resolve(object) })),
};

let door: TestDoor;
beforeAll(async () => {
  door = await openDoor(ensurePki, {
    registry: slow,
    auth: { authorizers: [() => allow("")] },
    limits: { seatsMax: 2, seatWaitMsMax: 60_000 },
    flowControl: { read: () => configuration, onChange: () => () => {} },
  });
});
afterAll(() => door.close());
afterEach(() => endAll());

function endAll(): void {
  for (const { end } of held.splice(0)) end();
}

const read = (user: string, name: string, group = "people"): Promise<Answer> =>
  door.call({
    path: `/api/v1/namespaces/ns/configmaps/${name}`,
    headers: { "impersonate-user": user, "impersonate-group": group },
  });

const privileged = (name: string) => read("root", name, "system:masters");

test("a noisy client waits and is refused, and a quiet one has its turn", async () => {
  const answers: Answer[] = [];
  const noisy = Array.from({ length: 30 }, () =>
    read("noisy", "noisy").then((answer) => answers.push(answer)),
  );
  // Two run, two queues of four wait, the others are told to come again.
  await expect.poll(() => answers.length).toBe(20);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([429]));
  expect(answers[0]?.text).toBe("Too many requests, please try again later.\n");
  expect(answers[0]?.headers).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "retry-after": "1",
    "x-kubernetes-pf-flowschema-uid": "schema-uid",
    "x-kubernetes-pf-prioritylevel-uid": "level-uid",
  });
  expect(held.map(({ name }) => name)).toEqual(["noisy", "noisy"]);

  const quiet = read("quiet", "quiet");
  await expect.poll(waiting).toBe("9");
  // Whoever is exempt passes all who wait.
  const root = privileged("root");
  await expect.poll(() => held.length).toBe(3);
  expect(held[2]?.name).toBe("root");
  // Of the next three turns one is the quiet client's, though it came last.
  for (const turn of [0, 1, 3]) {
    const begun = held.length;
    held[turn]?.end();
    await expect.poll(() => held.length).toBe(begun + 1);
  }
  expect(held.map(({ name }) => name)).toContain("quiet");
  const finished = () => {
    endAll();
    return answers.length;
  };
  await expect.poll(finished).toBe(30);
  await Promise.all(noisy);
  expect(answers.slice(20).map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect([(await quiet).status, (await root).status]).toEqual([200, 200]);
});

test("metrics tell who was refused", async () => {
  const { text } = await door.call({ path: "/metrics" });
  const labels = 'priority_level="people",flow_schema="people"';
  expect(text).toContain(
    `apiserver_flowcontrol_rejected_requests_total{${labels},reason="queue-full"} 20`,
  );
  expect(text).toContain(`apiserver_flowcontrol_dispatched_requests_total{${labels}} 11`);
  expect(text).toContain(`apiserver_flowcontrol_current_executing_seats{${labels}} 0`);
  expect(text).toContain('apiserver_flowcontrol_nominal_limit_seats{priority_level="people"} 2');
  expect(text).toContain('apiserver_dropped_requests_total{request_kind="readOnly"} 20');
});

test("an open watch holds no seat", async () => {
  const path = "/api/v1/namespaces/ns/configmaps?watch=1";
  const headers = { "impersonate-user": "watcher", "impersonate-group": "people" };
  const watches = [1, 2, 3].map(() => door.call({ path: `${path}&timeoutSeconds=1`, headers }));
  await expect.poll(() => memory.watchers).toBe(3);
  for (const { status } of await Promise.all(watches)) expect(status).toBe(200);
});

test("a client that leaves gives up its place", async () => {
  const holders = [read("a", "x"), read("a", "x")];
  await expect.poll(() => held.length).toBe(2);
  const session = connect(`https://127.0.0.1:${door.server.port}`, {
    ca: door.pki.ca,
    ...door.pki.admin,
  });
  const left = session.request({
    ":path": "/api/v1/namespaces/ns/configmaps/left",
    "impersonate-user": "b",
    "impersonate-group": "people",
  });
  left.on("error", () => {});
  await expect.poll(waiting).toBe("1");
  session.destroy();
  await expect.poll(waiting).toBe("0");
  endAll();
  for (const { status } of await Promise.all(holders)) expect(status).toBe(200);
  expect(held).toEqual([]);
});

async function waiting(): Promise<string | undefined> {
  const { text } = await door.call({ path: "/metrics" });
  return /current_inqueue_requests\{priority_level="people".*\} (\d+)/.exec(text)?.[1];
}
