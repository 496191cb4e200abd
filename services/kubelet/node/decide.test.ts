import { expect, test } from "vitest";
import { amountsOf, isContradicted, leaseOf, type NodeFacts, nodeOf, statusOf } from "./decide.ts";
import { podCidrOf } from "./facts.ts";

const facts: NodeFacts = {
  name: "node-1",
  hostIp: "192.0.2.1",
  podCidr: "10.244.1.0/24",
  cpus: 4,
  memoryBytes: 8 * 2 ** 30 + 100,
  diskBytes: 100 * 2 ** 30,
  podsMax: 110,
  runtimeVersion: "docker://20.10.24",
  architecture: "amd64",
  kernelVersion: "6.1.0",
  osImage: "Debian",
  machineId: "m1",
  bootId: "b1",
};
const now = Date.parse("2026-01-02T03:04:05.678Z");

const up = { isUp: true };

test("a node says what it is", () => {
  const { metadata, spec } = nodeOf(facts);
  expect(metadata?.labels).toMatchObject({
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/hostname": "node-1",
    "kubernetes.io/os": "linux",
  });
  expect(spec).toEqual({ podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] });
});

test("and what it has", () => {
  expect(amountsOf(facts)).toMatchObject({ cpu: "4", memory: "8388608Ki", pods: "110" });
  const status = statusOf(facts, undefined, now, up);
  expect(status.allocatable).toEqual(status.capacity);
  expect(status.addresses).toEqual([
    { type: "InternalIP", address: "192.0.2.1" },
    { type: "Hostname", address: "node-1" },
  ]);
  expect(status.nodeInfo).toMatchObject({ containerRuntimeVersion: "docker://20.10.24" });
});

test("conditions keep the time of their change, and those of others stay", () => {
  const other = { type: "NetworkUnavailable", status: "False" };
  const first = statusOf(facts, { conditions: [other] }, now, up);
  const later = statusOf(facts, first, now + 60_000, up);
  const ready = later.conditions?.find(({ type }) => type === "Ready");
  expect(ready).toEqual({
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    message: "kubelet is posting ready status",
    lastHeartbeatTime: "2026-01-02T03:05:05Z",
    lastTransitionTime: "2026-01-02T03:04:05Z",
  });
  expect(later.conditions).toContainEqual(other);
});

test("a node that was given up is ready from now on", () => {
  const lost = {
    conditions: [{ type: "Ready", status: "Unknown", lastTransitionTime: "2026-01-01T00:00:00Z" }],
  };
  const ready = statusOf(facts, lost, now, up).conditions?.find(({ type }) => type === "Ready");
  expect(ready).toMatchObject({ status: "True", lastTransitionTime: "2026-01-02T03:04:05Z" });
});

test("a node without its runtime is not ready", () => {
  const status = statusOf(facts, statusOf(facts, undefined, now, up), now, { isUp: false });
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  expect(ready).toMatchObject({
    status: "False",
    reason: "KubeletNotReady",
    message: "container runtime is down",
  });
});

test("a lease belongs to its node", () => {
  const node = { metadata: { name: "node-1", uid: "n1" } };
  const lease = leaseOf(node, undefined, now);
  expect(lease.metadata).toMatchObject({
    name: "node-1",
    namespace: "kube-node-lease",
    ownerReferences: [{ kind: "Node", name: "node-1", uid: "n1" }],
  });
  expect(lease.spec).toEqual({
    holderIdentity: "node-1",
    leaseDurationSeconds: 40,
    renewTime: "2026-01-02T03:04:05.678000Z",
  });
  const known = { ...lease, metadata: { ...lease.metadata, resourceVersion: "7" } };
  expect(leaseOf(node, known, now).metadata?.resourceVersion).toBe("7");
});

test.each([
  ["kubus-node-1", "10.244.1.0/24"],
  ["kubus-node-256", "10.245.0.0/24"],
  ["kubus-node-3071", "10.255.255.0/24"],
  ["alone", "10.244.0.0/24"],
])("%s has the pod network %s", (name, cidr) => {
  expect(podCidrOf(name)).toBe(cidr);
});

test("a node notices that it was called lost", () => {
  const reported = statusOf(facts, undefined, now, up);
  const { conditions = [] } = reported;
  expect(isContradicted(reported, reported)).toBe(false);
  expect(isContradicted(statusOf(facts, reported, now + 60_000, up), reported)).toBe(false);
  const lost = conditions.map((condition) => ({ ...condition, status: "Unknown" }));
  expect(isContradicted({ conditions: lost }, reported)).toBe(true);
  expect(isContradicted({ conditions: [...conditions].slice(1) }, reported)).toBe(true);
  const others = [...conditions, { type: "NetworkUnavailable", status: "True" }];
  expect(isContradicted({ conditions: others }, reported)).toBe(false);
});
