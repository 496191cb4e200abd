import { expect, test } from "vitest";
import type { PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { defaultPod, defaultPodSpec } from "./defaults.ts";
import { defaultPullPolicy } from "./image.ts";
import { roundAmounts } from "./resources.ts";

test.each([
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.25", "IfNotPresent"],
  ["registry:5000/a/b", "Always"],
  ["registry:5000/a/b:2", "IfNotPresent"],
  [`a@sha256:${"0".repeat(64)}`, "IfNotPresent"],
  [`a:latest@sha256:${"0".repeat(64)}`, "Always"],
  ["Upper/Case", "IfNotPresent"],
  ["", "IfNotPresent"],
])("image %j is pulled %s", (image, policy) => {
  expect(defaultPullPolicy(image)).toBe(policy);
});

test.each([
  ["0.5m", "1m"],
  ["1n", "1m"],
  ["1.0005", "1001m"],
  ["-0.5m", "-1m"],
  ["100m", "100m"],
  ["1.5", "1.5"],
  ["1Gi", "1Gi"],
])("%s is rounded to %s", (text, expected) => {
  const list = { cpu: text };
  roundAmounts(list);
  expect(list.cpu).toBe(expected);
});

const container = { name: "c", image: "i" };

test("given values are kept", () => {
  const spec: PodSpec = {
    containers: [{ ...container, imagePullPolicy: "Never", terminationMessagePath: "/x" }],
    restartPolicy: "OnFailure",
    dnsPolicy: "Default",
    terminationGracePeriodSeconds: 0,
    schedulerName: "mine",
    securityContext: { runAsUser: 1 },
  };
  const before = structuredClone(spec);
  defaultPodSpec(spec);
  expect(spec).toMatchObject(before);
});

test("the old name of the service account follows the new one", () => {
  const named: PodSpec = { containers: [container], serviceAccount: "old" };
  defaultPodSpec(named);
  expect(named).toMatchObject({ serviceAccount: "old", serviceAccountName: "old" });
  const both: PodSpec = { containers: [container], serviceAccount: "o", serviceAccountName: "n" };
  defaultPodSpec(both);
  expect(both.serviceAccount).toBe("n");
});

test("a template keeps open what a pod gets", () => {
  const ports = [{ containerPort: 80 }];
  const limits = { cpu: "1" };
  const make = (): PodSpec =>
    structuredClone({
      hostNetwork: true,
      containers: [{ ...container, ports, resources: { limits } }],
    });
  const template = make();
  defaultPodSpec(template);
  expect(template.enableServiceLinks).toBeUndefined();
  expect(template.containers?.[0]?.resources).toEqual({ limits });
  expect(template.containers?.[0]?.ports).toEqual([{ containerPort: 80, protocol: "TCP" }]);
  const pod = { spec: make() };
  defaultPod(pod);
  expect(pod.spec.enableServiceLinks).toBe(true);
  expect(pod.spec.containers?.[0]?.resources).toEqual({ limits, requests: limits });
  expect(pod.spec.containers?.[0]?.ports?.[0]?.hostPort).toBe(80);
});

test.each([
  ["of the pod", { limits: { cpu: "3" } }, [], { cpu: "3" }],
  ["together of containers", { limits: { cpu: "3" } }, ["1", "500m"], { cpu: "1500m" }],
  ["given", { requests: { cpu: "2" }, limits: { cpu: "3" } }, ["1"], { cpu: "2" }],
])("a pod's request is %s", (_, resources, cpus, expected) => {
  const containers = cpus.map((cpu) => ({ ...container, resources: { requests: { cpu } } }));
  const pod = { spec: { resources, containers } as PodSpec };
  defaultPod(pod);
  expect(pod.spec.resources?.requests).toEqual(expected);
});

test("defaults are filled once: a second time changes nothing", () => {
  const pod = {
    spec: {
      hostNetwork: true,
      containers: [
        {
          ...container,
          ports: [{ containerPort: 1 }],
          livenessProbe: { httpGet: { port: 1 } },
          env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          resources: { limits: { cpu: "0.0001" } },
        },
      ],
      volumes: [
        { name: "a" },
        { name: "b", projected: { sources: [{ serviceAccountToken: {} }] } },
      ],
    } as PodSpec,
  };
  defaultPod(pod);
  const once = structuredClone(pod);
  defaultPod(pod);
  expect(pod).toEqual(once);
});
