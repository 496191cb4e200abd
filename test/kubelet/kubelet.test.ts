/** The kubelet component on a real store, registry and bus, with simulated containers. */
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { supervise, type Supervised } from "#libs/actor/supervise.ts";
import { realWorld } from "#libs/actor/world.ts";
import { leases } from "#libs/api/coordination/v1/leases.ts";
import { events } from "#libs/api/core/v1/events.ts";
import { namespaces } from "#libs/api/core/v1/namespaces.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { serviceaccounts } from "#libs/api/core/v1/serviceaccounts.ts";
import { hasReason } from "#libs/api/errors.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import type { Pod, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { component } from "../../services/kubelet/main.ts";
import { simulatedRuntime } from "../../services/kubelet/runtimes/simulated/runtime.ts";
import { startRig, type Rig } from "../apiserver/rig.ts";

const namespace = "shop";
const node = "test-node-7";
const podCidr = "10.9.0.0/24";
const startMsMax = 30_000;
const pollMs = 10;
const log = pino({ level: "silent" });

let rig: Rig;
let client: Client;
let kubelet: Supervised;

const start = async () => {
  const options = { bus: rig.bus, world: realWorld, log, instance: node };
  kubelet = supervise(component, { runtime: "simulated", podCidr }, options);
  await kubelet.ready;
};

const runtime = () => simulatedRuntime(`${rig.bus.subjects.prefix}/${node}`, realWorld, podCidr);

async function create(
  name: string,
  spec: PodSpec = {},
  annotations: Record<string, string> = {},
): Promise<string> {
  const containers = [{ name: "main", image: "image:1" }];
  const { object } = await client.create(pods, {
    metadata: { name, namespace, annotations },
    spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers, ...spec },
  });
  return object.metadata?.uid ?? "";
}

/** Reads the pod until it is as wanted; the test's time bounds it. Undefined: it is gone. */
async function until(
  name: string,
  isWanted: (pod: Pod | undefined) => boolean,
): Promise<Pod | undefined> {
  while (true) {
    const pod = await client.get(pods, { namespace, name }).catch((error: unknown) => {
      if (hasReason(error, "NotFound")) return undefined;
      throw error;
    });
    if (isWanted(pod)) return pod;
    await realWorld.sleep(pollMs);
  }
}

const isRunning = (pod: Pod | undefined) =>
  pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ===
  true;
const waitingFor = (reason: string) => (pod: Pod | undefined) =>
  pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason;

const crash = async () => {
  const before = kubelet.restarts();
  const control = rig.bus.subjects.actor("kubelet", node, "control");
  await rig.bus.request(control, Buffer.from('{"crash":{}}'));
  while (kubelet.restarts() === before || !kubelet.isReady()) await realWorld.sleep(pollMs);
};

describe("kubelet", () => {
  beforeAll(async () => {
    rig = await startRig();
    client = apiClient(rig.bus, { user: "tester", groups: ["system:masters"], manager: "tests" });
    await client.create(namespaces, { metadata: { name: namespace } });
    await client.create(serviceaccounts, { metadata: { name: "default", namespace } });
    await start();
  }, startMsMax);

  afterAll(async () => {
    await kubelet?.stop();
    await rig?.stop();
  }, startMsMax);

  it("registers its node and shows that it lives", async () => {
    const { spec, status } = await client.get(nodes, { name: node });
    expect(spec?.podCIDR).toBe(podCidr);
    expect(status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    const lease = await client.get(leases, { namespace: "kube-node-lease", name: node });
    expect(lease.spec?.holderIdentity).toBe(node);
  });

  it("runs a pod from its binding to its end", async () => {
    const uid = await create("plain");
    const pod = await until("plain", isRunning);
    expect(pod?.status).toMatchObject({
      phase: "Running",
      podIP: expect.stringMatching(/^10\.9\.0\./),
    });
    await client.delete(pods, { namespace, name: "plain" });
    await until("plain", (found) => found === undefined);
    expect(await runtime().get(uid)).toBeUndefined();
  });

  it("restarts what ends, ever later, and tells so", async () => {
    const uid = await create("crashing", {}, { "simulated.kubus.io/exit-code": "3" });
    const pod = await until("crashing", waitingFor("CrashLoopBackOff"));
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3 } },
    });
    const told = async () => {
      const { items } = await client.list(events, { namespace });
      return items.filter(
        ({ involvedObject, reason }) => involvedObject?.uid === uid && reason === "BackOff",
      );
    };
    while ((await told()).length === 0) await realWorld.sleep(pollMs);
    await client.delete(pods, { namespace, name: "crashing" });
    await until("crashing", (found) => found === undefined);
  });

  it("ends a pod whose work is done, and keeps its output", async () => {
    const containers = [{ name: "main", image: "image:1", command: ["echo", "done"] }];
    const uid = await create("job", { restartPolicy: "Never", containers });
    const pod = await until("job", (found) => found?.status?.phase === "Succeeded");
    expect(pod?.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe("Completed");
    expect((await runtime().get(uid))?.containers).toHaveLength(1);
    await client.delete(pods, { namespace, name: "job" });
    await until("job", (found) => found === undefined);
    expect(await runtime().get(uid)).toBeUndefined();
  });

  it("tries an image again that could not be had", async () => {
    const failure = { "simulated.kubus.io/start-failure": "ErrImagePull" };
    await create("imageless", {}, failure);
    await until("imageless", waitingFor("ErrImagePull"));
    await client.delete(pods, { namespace, name: "imageless" });
    await until("imageless", (found) => found === undefined);
  });

  it("goes on with the same containers after a crash", async () => {
    const uid = await create("steady");
    await until("steady", isRunning);
    const before = await runtime().get(uid);
    await crash();
    runtime().kill(uid, "main", 1);
    const pod = await until("steady", (found) => {
      const status = found?.status?.containerStatuses?.[0];
      return status?.restartCount === 1 && status.ready === true;
    });
    expect(pod?.status?.podIP).toBe(before?.ip);
    expect((await runtime().get(uid))?.sandboxId).toBe(before?.sandboxId);
  });

  it("clears away what was deleted while no kubelet was there", async () => {
    const uid = await create("forgotten");
    await until("forgotten", isRunning);
    await kubelet.stop();
    await client.delete(pods, { namespace, name: "forgotten" }, { gracePeriodSeconds: 0 });
    await until("forgotten", (found) => found === undefined);
    await start();
    while (await runtime().get(uid)) await realWorld.sleep(pollMs);
    expect(await runtime().get(uid)).toBeUndefined();
  });

  it("removes at once what is deleted without asking", async () => {
    const uid = await create("abrupt");
    await until("abrupt", isRunning);
    await client.delete(pods, { namespace, name: "abrupt" }, { gracePeriodSeconds: 0 });
    while (await runtime().get(uid)) await realWorld.sleep(pollMs);
    // The name is free for another pod, which is another pod.
    const next = await create("abrupt");
    await until("abrupt", isRunning);
    expect((await runtime().list()).map((pod) => pod.uid)).toContain(next);
  });
});
