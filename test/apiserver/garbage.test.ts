/** Anybody on the bus may publish anything: what is no message of Kubus does no harm. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import { connect } from "#libs/bus/connect.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { Status } from "#proto/gen/k8s/meta/v1.ts";
import type { GetResponse } from "#proto/gen/kubus/api/v1.ts";
import { Client } from "../golden/replay.ts";
import { startControlPlane, type ControlPlane } from "../golden/server.ts";

const startMsMax = 60_000;
const object = { group: "", resource: "pods", namespace: "default", name: "x" };
const payloads = ["garbage!", "\u00ff\u00ff\u00ff", "", '{"a":1}'];
const answerMsMax = 200;

const getResponse = codecOf<GetResponse>("kubus.api.v1.GetResponse");
const statusCodec = codecOf<Status>("k8s.meta.v1.Status");

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
}, startMsMax);
afterAll(() => plane.stop(), startMsMax);

it("on every kind of subject leaves the control plane at work", { timeout: 60_000 }, async () => {
  const bus = await connect({
    servers: plane.natsUrl,
    prefix: "kubus",
    name: "garbage",
    world: realWorld,
  });
  const { subjects } = bus;
  const apiVerbs = ["get", "list", "create", "update", "patch", "delete", "changes"] as const;
  const storeVerbs = ["commit", "get", "list", "changes", "head"] as const;
  const targets = [
    subjects.watch(object, ""),
    subjects.watch({ ...object, resource: "secrets" }, ""),
    subjects.heads(),
    subjects.actor("apiserver", "0", "control"),
    ...apiVerbs.map((verb) => subjects.api(verb, object)),
    ...storeVerbs.map((verb) => subjects.store(verb, object)),
  ];
  const send = (subject: string, text: string) => {
    const payload = Buffer.from(text, "latin1");
    return bus.request(subject, payload, { timeoutMs: answerMsMax }).catch(() => undefined);
  };
  for (const text of payloads) {
    await Promise.all(targets.map((subject) => send(subject, text)));
  }
  const answer = await send(subjects.api("get", object), "garbage!");
  const { status } = getResponse.decode(answer ?? new Uint8Array());
  expect(statusCodec.decode(status)).toMatchObject({ code: 400, reason: "BadRequest" });
  await bus.close();

  const client = new Client(plane);
  const body = { metadata: { name: "after" } };
  const path = "/api/v1/namespaces";
  expect((await client.ask({ method: "POST", path, body })).status).toBe(201);
  // A controller makes the account: it still hears what happens.
  const account = `${path}/after/serviceaccounts/default`;
  await expect.poll(async () => (await client.ask({ path: account })).status).toBe(200);
});
