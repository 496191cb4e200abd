/** A cluster ends and starts again with everything that it had, beside another one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { rollCall } from "../../infra/kubus/rollcall.ts";
import { isAlive } from "../../infra/tools/process.ts";
import { TestCluster, until } from "./cluster.ts";
import { look, manifest, names, problemsOf, replicas, untilComplete } from "./rollout.ts";

const testMsMax = 120_000;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 2 });
}, testMsMax);

afterAll(() => cluster.stop());

const uidsOf = async (kinds: string) => {
  const objects = await cluster.list<Pod>(kinds, "-A");
  return objects.map(({ kind, metadata }) => `${kind} ${metadata?.name} ${metadata?.uid}`);
};
const natsPid = () => Number(readFileSync(join(cluster.folder, "nats", "pid"), "utf8"));

test("a second start finds every object", { timeout: testMsMax }, async () => {
  await cluster.kubectl("create", "namespace", "lasting");
  await cluster.kubectl("create", "secret", "generic", "word", "--from-literal=a=b");
  await cluster.apply(manifest("lasting", "image:1"));
  await untilComplete(cluster, "lasting", "image:1");
  const kinds = "namespaces,secrets,configmaps,services,deployments,replicasets,nodes,pods";
  const before = await uidsOf(kinds);
  const pids = [cluster.record.pid, natsPid()];

  await cluster.kubus("down");
  expect(pids.filter(isAlive)).toEqual([]);
  const refused = await cluster.try(["get", "nodes"]);
  expect(refused.code).not.toBe(0);
  await cluster.up();

  expect(await uidsOf(kinds)).toEqual(before);
  // The simulated containers ended with the cluster; they start again, in the same pods.
  await untilComplete(cluster, "lasting", "image:1");
  expect(await uidsOf("pods")).toHaveLength(names.length * replicas);
  expect(await cluster.kubectl("get", "secret", "word", "-o", "jsonpath={.data.a}")).toBe("Yg==");
});

test("what was deleted does not come back", { timeout: testMsMax }, async () => {
  await cluster.kubectl("delete", "namespace", "lasting", "--timeout=60s");
  await cluster.kubus("down");
  await cluster.up();
  const left = async () => cluster.list("deployments,replicasets,pods,services", "-n", "lasting");
  await until("nothing", left, ({ length }) => length === 0);
  expect((await cluster.try(["get", "namespace", "lasting"])).code).not.toBe(0);
});

test("two clusters know nothing of each other", { timeout: testMsMax }, async () => {
  const other = await TestCluster.start({ name: "other", nodes: 1 });
  try {
    await cluster.kubectl("create", "configmap", "here");
    await other.kubectl("create", "configmap", "there");
    const of = async (each: TestCluster) =>
      (await each.kubectl("get", "configmaps", "-o", "name")).split("\n");
    expect(await of(cluster)).not.toContain("configmap/there");
    expect(await of(other)).not.toContain("configmap/here");
    expect(other.record.server).not.toBe(cluster.record.server);
    const nodes = await other.kubectl("get", "nodes", "-o", "name");
    expect(nodes).toBe("node/other-node-1");
  } finally {
    await other.stop();
  }
  expect(await cluster.kubus("status")).toMatch(/state: +running/);
});

test("a cluster that lost its bus for a while goes on", { timeout: testMsMax }, async () => {
  await cluster.kubectl("create", "namespace", "paused");
  const pid = natsPid();
  process.kill(pid, "SIGSTOP");
  try {
    const { code } = await cluster.try(["get", "nodes", "--request-timeout=2s"]);
    expect(code).toBeOneOf([0, 1]);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  const apply = () => cluster.apply(manifest("paused", "image:1"));
  await until("apply", apply, () => true);
  await untilComplete(cluster, "paused", "image:1");
  expect(problemsOf(await look(cluster, "paused"), "image:1")).toEqual([]);
});

test("version is told to people and to scripts", async () => {
  const version = JSON.parse(await cluster.kubus("version", "--output", "json")) as object;
  expect(version).toMatchObject({ kubus: expect.any(String) as string });
  const bus = await cluster.connect();
  expect((await rollCall(bus)).length).toBeGreaterThan(10);
  await bus.close();
});
