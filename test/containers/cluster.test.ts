/**
 * Every component in a container of its own, NATS too: a Deployment from outside with kubectl, the
 * scheduler and the store killed in the middle, and nothing lost.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ContainerCluster } from "./cluster.ts";
import { engineReason } from "./engine.ts";

const reason = await engineReason();
if (reason) process.stdout.write(`test/containers: left out: ${reason}\n`);

describe.skipIf(reason)("a cluster of containers", () => {
  let cluster: ContainerCluster;

  beforeAll(async () => {
    cluster = await ContainerCluster.start();
  }, 240_000);

  afterAll(async () => {
    await cluster?.stop();
  }, 60_000);

  test("has ready nodes", { timeout: 60_000 }, async () => {
    const nodes = await cluster.eventually(
      ["get", "nodes", "--no-headers"],
      (text) => (text.match(/ Ready /g) ?? []).length === 2,
    );
    expect(nodes).toMatch(/^node-1 +Ready/);
  });

  test(
    "finishes a roll-out although scheduler and store are killed",
    { timeout: 180_000 },
    async () => {
      await cluster.kubectl("create", "deployment", "web", "--image=nginx", "--replicas=20");
      await cluster.kill("scheduler");
      await cluster.kubectl("create", "configmap", "before", "--from-literal=a=1");
      await cluster.kill("store");
      await cluster.startAgain("store");
      await cluster.startAgain("scheduler");
      await cluster.eventually(
        ["get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"],
        (text) => text === "20",
      );
      expect(await cluster.kubectl("get", "configmap", "before", "-o", "jsonpath={.data.a}")).toBe(
        "1",
      );

      await cluster.kubectl("set", "image", "deployment/web", "nginx=nginx:2");
      await cluster.kill("store");
      await cluster.startAgain("store");
      await cluster.kill("scheduler");
      await cluster.startAgain("scheduler");
      await cluster.eventually(["rollout", "status", "deployment/web", "--watch=false"], (text) =>
        text.includes("successfully rolled out"),
      );
      const images = await cluster.eventually(
        ["get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}"],
        (text) => text.split(" ").length === 20,
      );
      expect(new Set(images.split(" "))).toEqual(new Set(["nginx:2"]));
    },
  );

  test("leaves nothing behind", { timeout: 60_000 }, async () => {
    await cluster.kubectl("delete", "deployment", "web");
    const rest = await cluster.eventually(
      ["get", "pods,replicasets", "-o", "name"],
      (text) => text === "",
    );
    expect(rest).toBe("");
  });
});
