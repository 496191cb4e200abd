/** Applications that other people wrote: everything becomes available, and nothing stays behind. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deployment } from "#proto/gen/k8s/apps/v1.ts";
import type { EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { root } from "../../infra/tools/cache.ts";
import { TestCluster, until } from "./cluster.ts";

const shared = join(root, "..", "shared", "manifests");
const own = join(import.meta.dirname, "testdata", "shop.yaml");
const real = ["guestbook.yaml", "online-boutique.yaml"]
  .map((file) => join(shared, file))
  .filter((file) => existsSync(file));
if (real.length < 2) {
  process.stderr.write(`only Kubus' own manifest is applied: ${shared} is not on this machine\n`);
}
const testMsMax = 180_000;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start({ nodes: 3 });
}, testMsMax);

afterAll(() => cluster.stop());

const every = "pods,replicasets,deployments,services,endpoints,endpointslices,configmaps";

async function namesIn(namespace: string): Promise<string[]> {
  const text = await cluster.kubectl("get", every, "-n", namespace, "-o", "name");
  return text.split("\n").filter((name) => name !== "" && !name.includes("kube-root-ca.crt"));
}

test.each([own, ...real])("%s", { timeout: testMsMax }, async (file) => {
  const namespace = file.replace(/.*\/|\.yaml$/g, "");
  const here = ["-n", namespace];
  await cluster.kubectl("create", "namespace", namespace);
  await cluster.kubectl("apply", "-f", file, ...here);
  const available = ["--for=condition=Available", "deployments", "--all", "--timeout=60s"];
  await cluster.kubectl("wait", ...available, ...here);

  const deployments = await cluster.list<Deployment>("deployments", ...here);
  const written = readFileSync(file, "utf8").match(/^kind: Deployment/gm) ?? [];
  expect(deployments).toHaveLength(written.length);
  for (const { metadata, spec, status } of deployments) {
    const counts = [status?.replicas, status?.readyReplicas, status?.updatedReplicas];
    expect(counts, metadata?.name).toEqual(counts.map(() => spec?.replicas));
  }
  // Every service with a selector leads to pods.
  const slices = () => cluster.list<EndpointSlice>("endpointslices", ...here);
  await until("endpoints of every service", slices, (found) =>
    found.every(({ endpoints = [] }) => endpoints.some(({ conditions }) => conditions?.ready)),
  );
  expect(await cluster.kubectl("apply", "-f", file, ...here)).not.toMatch(/created|configured/);

  await cluster.kubectl("delete", "-f", file, "--timeout=60s", ...here);
  await until(
    "nothing left",
    () => namesIn(namespace),
    ({ length }) => length === 0,
  );
});
