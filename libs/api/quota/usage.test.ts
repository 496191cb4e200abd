import { expect, test } from "vitest";
import type { Pod, ResourceQuota } from "#proto/gen/k8s/core/v1.ts";
import type { KubeObject } from "../resource.ts";
import { amountsText, namesAbove, subtractAmounts, withoutZeros, type Amounts } from "./amounts.ts";
import { unsaid } from "./pods.ts";
import { isInScope } from "./scopes.ts";
import { concerns, usageOf } from "./usage.ts";

const service = (type: string, ports: number, more = {}): KubeObject =>
  ({ spec: { type, ports: Array.from({ length: ports }, () => ({})), ...more } }) as KubeObject;
const claim = (storage: string, storageClassName?: string): KubeObject =>
  ({ spec: { storageClassName, resources: { requests: { storage } } } }) as KubeObject;
const cpu = (requests: string, limits?: string) => ({
  requests: { cpu: requests },
  ...(limits ? { limits: { cpu: limits } } : {}),
});
const pod = (spec: Pod["spec"], more: object = {}): KubeObject => ({ spec, ...more }) as KubeObject;

test.each<[string, string, KubeObject, Amounts]>([
  ["a secret", "secrets", {}, { secrets: "1", "count/secrets": "1" }],
  ["a deployment", "deployments.apps", {}, { "count/deployments.apps": "1" }],
  ["node ports", "services", service("NodePort", 2), { "services.nodeports": "2" }],
  [
    "a load balancer",
    "services",
    service("LoadBalancer", 2),
    { "services.loadbalancers": "1", "services.nodeports": "2" },
  ],
  [
    "one without node ports",
    "services",
    service("LoadBalancer", 2, { allocateLoadBalancerNodePorts: false }),
    { "services.nodeports": "0" },
  ],
  ["a claim", "persistentvolumeclaims", claim("2Gi"), { "requests.storage": "2Gi" }],
  [
    "a claim of a class",
    "persistentvolumeclaims",
    claim("2Gi", "fast"),
    { "fast.storageclass.storage.k8s.io/requests.storage": "2Gi" },
  ],
  [
    "containers together",
    "pods",
    pod({ containers: [{ resources: cpu("1", "2") }, { resources: cpu("500m") }] }),
    { pods: "1", cpu: "1500m", "requests.cpu": "1500m", "limits.cpu": "2" },
  ],
  [
    "the largest before them",
    "pods",
    pod({ initContainers: [{ resources: cpu("3") }], containers: [{ resources: cpu("1") }] }),
    { cpu: "3" },
  ],
  [
    "sidecars stay",
    "pods",
    pod({
      initContainers: [{ restartPolicy: "Always", resources: cpu("1") }, { resources: cpu("3") }],
      containers: [{ resources: cpu("2") }],
    }),
    { cpu: "4" },
  ],
  [
    "the pod's own word and its overhead",
    "pods",
    pod({ resources: cpu("2"), overhead: { cpu: "100m" }, containers: [{ resources: cpu("1") }] }),
    { cpu: "2100m" },
  ],
])("counts %s", (_, resource, object, wanted) => {
  expect(usageOf(resource, object, 0)).toMatchObject(wanted);
});

test("a pod that should be gone counts as an object only", () => {
  const metadata = { deletionTimestamp: "1970-01-01T00:00:01Z", deletionGracePeriodSeconds: 1 };
  const leaving = pod({ containers: [{ resources: cpu("1") }] }, { metadata });
  expect(usageOf("pods", leaving, 1_000)).toMatchObject({ pods: "1" });
  expect(usageOf("pods", leaving, 1_001)).toEqual({ "count/pods": "1" });
});

test.each<[string, string, boolean]>([
  ["pods", "requests.cpu", true],
  ["pods", "requests.storage", false],
  ["pods", "services.nodeports", false],
  ["pods", "requests.example.com/gpu", true],
  ["services", "services.loadbalancers", true],
  ["secrets", "secrets", true],
  ["secrets", "configmaps", false],
  ["deployments.apps", "count/deployments.apps", true],
  ["persistentvolumeclaims", "fast.storageclass.storage.k8s.io/requests.storage", true],
])("%s count for %s: %s", (resource, name, wanted) =>
  expect(concerns(resource, name)).toBe(wanted),
);

const scoped = (scopes: string[]): ResourceQuota => ({ spec: { scopes } });
const priority = (operator: string, ...values: string[]): ResourceQuota => ({
  spec: { scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator, values }] } },
});
const plain = pod({ containers: [{}] });
const bounded = pod({ activeDeadlineSeconds: 5, containers: [{ resources: cpu("1") }] });
const high = pod({ priorityClassName: "high", containers: [] });

test.each<[string, ResourceQuota, KubeObject, boolean]>([
  ["no scope", {}, plain, true],
  ["BestEffort", scoped(["BestEffort"]), plain, true],
  ["not BestEffort", scoped(["BestEffort"]), bounded, false],
  ["NotBestEffort", scoped(["NotBestEffort"]), bounded, true],
  ["Terminating", scoped(["Terminating"]), bounded, true],
  ["NotTerminating", scoped(["NotTerminating"]), bounded, false],
  ["all of them", scoped(["Terminating", "BestEffort"]), bounded, false],
  ["a class", priority("In", "high"), high, true],
  ["another class", priority("In", "low"), high, false],
  ["not in", priority("NotIn", "low"), high, true],
  ["no class", priority("DoesNotExist"), plain, true],
  ["some class", priority("Exists"), plain, false],
])("scope: %s", (_, quota, object, wanted) =>
  expect(isInScope(quota, "pods", object)).toBe(wanted),
);

test("what containers do not say is told by resource", () => {
  const silent = { spec: { containers: [{ name: "b", resources: cpu("1") }, { name: "a" }] } };
  expect(unsaid(silent, ["requests.cpu", "limits.cpu", "pods"])).toBe(
    "limits.cpu for: a,b; requests.cpu for: a",
  );
  expect(unsaid(silent, ["pods"])).toBe("");
});

test("amounts are compared and told by name", () => {
  const left = subtractAmounts({ cpu: "2", pods: "1" }, { cpu: "500m", pods: "1" });
  expect(withoutZeros(left)).toEqual({ cpu: "1500m" });
  expect(namesAbove({ cpu: "2", memory: "1" }, { cpu: "1999m" })).toEqual(["cpu"]);
  expect(amountsText({ pods: "1", cpu: "1000m" })).toBe("cpu=1,pods=1");
});
