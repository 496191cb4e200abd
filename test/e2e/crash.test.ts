/**
 * Every component crashes in the middle of a rollout, told so as `nats req` tells it: the rollout
 * completes with exactly the pods that it should have, and nothing that was acknowledged is lost.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NatsBus } from "#libs/bus/connect.ts";
import { components as controllers } from "../../services/controllers/index.ts";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { TestCluster, until } from "./cluster.ts";
import { inTheMiddle, lostOf } from "./middle.ts";
import { names, untilComplete } from "./rollout.ts";

const components = [
  ...["store", "apiserver", "scheduler", "kubelet", "proxy"],
  ...controllers.map(({ name }) => name),
];

const testMsMax = 120_000;

let cluster: TestCluster;
let bus: NatsBus;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 2 });
  bus = await cluster.connect();
}, testMsMax);

afterAll(async () => {
  await bus.close();
  await cluster.stop();
});

test("every component has its turn", async () => {
  const running = new Set((await rollCall(bus)).map(({ component }) => component));
  expect([...running].toSorted()).toEqual([...components].toSorted());
});

test.each(components)("a crash of %s loses nothing", { timeout: testMsMax }, async (component) => {
  const namespace = `crash-${component}`;
  await cluster.kubectl("create", "namespace", namespace);
  await inTheMiddle(cluster, namespace, "image:1", () => crash(component));
  await untilComplete(cluster, namespace, "image:1");
  const promised = await inTheMiddle(cluster, namespace, "image:2", () => crash(component));
  const { sets } = await untilComplete(cluster, namespace, "image:2");
  // One for each template of each Deployment, however often the controllers began anew.
  expect(sets).toHaveLength(2 * names.length);
  expect(await lostOf(cluster, namespace, promised)).toEqual([]);
  await cluster.kubectl("delete", "namespace", namespace, "--wait=false");
});

/** Crashes every instance of a component and waits until each has been started again. */
async function crash(component: string): Promise<void> {
  const before = await instancesOf(component);
  for (const { instance } of before) {
    const subject = bus.subjects.actor(component, instance, "control");
    const answer = await bus.request(subject, Buffer.from('{"crash":{}}'));
    expect(JSON.parse(Buffer.from(answer).toString())).toMatchObject({ accepted: true });
  }
  const restarted = (now: typeof before) =>
    before.every(({ instance, restarts }) =>
      now.some((each) => each.instance === instance && each.restarts > restarts),
    );
  await until(`${component} is back`, () => instancesOf(component), restarted);
}

async function instancesOf(component: string) {
  const answers = await rollCall(bus);
  return answers
    .filter((answer) => answer.component === component)
    .map(({ instance, actors }) => ({
      instance,
      restarts: actors.find(({ actor }) => actor === "")?.restarts ?? 0,
    }));
}
