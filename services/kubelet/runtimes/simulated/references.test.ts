import { expect, test } from "vitest";
import { realWorld } from "#libs/actor/world.ts";
import type { Container, Volume } from "#proto/gen/k8s/core/v1.ts";
import { container, podOf } from "../../pod/example.ts";
import type { Sources } from "../../sources.ts";
import { SimulatedRuntime } from "./runtime.ts";

/** A namespace with the config map and the secret `there`, both with the key `k`. */
const sources: Sources = {
  node: {},
  hostIp: "192.0.2.1",
  configMap: async (_, name) => (name === "there" ? { data: { k: "v" } } : undefined),
  services: async () => [],
  token: async () => undefined,
  secret: async (_, name) => (name === "there" ? { data: { k: "dg==" } } : undefined),
};

function runtime(): SimulatedRuntime {
  const made = new SimulatedRuntime(realWorld, "10.0.0.0/24");
  made.heed(sources);
  return made;
}

const from = (name: string, key: string, optional = false): Container => ({
  env: [{ name: "A", valueFrom: { configMapKeyRef: { name, key, optional } } }],
});

test.each<[string, Container, string | undefined]>([
  ["no reference", {}, undefined],
  ["a key that is there", from("there", "k"), undefined],
  ["a missing config map", { envFrom: [{ configMapRef: { name: "x" } }] }, 'configmap "x"'],
  ["a missing secret", { envFrom: [{ secretRef: { name: "x" } }] }, 'secret "x" not found'],
  ["an optional one", { envFrom: [{ secretRef: { name: "x", optional: true } }] }, undefined],
  ["a missing key", from("there", "nope"), "nope"],
  ["an optional key", from("there", "nope", true), undefined],
])("a container with %s", async (_, own, message) => {
  const made = runtime();
  const pod = podOf();
  await made.createSandbox(pod);
  const context = { tell: () => undefined } as unknown as Parameters<typeof made.startContainer>[3];
  const start = made.startContainer(pod, container("main", own), 0, context);
  if (message === undefined) return expect(start).resolves.toBeUndefined();
  await expect(start).rejects.toMatchObject({ reason: "CreateContainerConfigError" });
  await expect(start).rejects.toThrow(message);
});

test.each<[string, Volume, string | undefined]>([
  ["nothing to read", { name: "v", emptyDir: {} }, undefined],
  ["a secret that is there", { name: "v", secret: { secretName: "there" } }, undefined],
  [
    "a missing secret",
    { name: "v", secret: { secretName: "x" } },
    'MountVolume.SetUp failed for volume "v" : secret "x" not found',
  ],
  [
    "a missing config map",
    { name: "v", configMap: { name: "x" } },
    'MountVolume.SetUp failed for volume "v" : configmap "x" not found',
  ],
  ["an optional one", { name: "v", configMap: { name: "x", optional: true } }, undefined],
])("a pod with a volume of %s", async (_, volume, message) => {
  const pod = podOf();
  const made = runtime().createSandbox({ ...pod, spec: { ...pod.spec, volumes: [volume] } });
  if (message === undefined) return expect(made).resolves.toBeUndefined();
  await expect(made).rejects.toMatchObject({ reason: "FailedMount", message });
});
