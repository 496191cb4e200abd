import { expect, test } from "vitest";
import type { Container, Pod, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { fieldErrorText } from "../../../errors.ts";
import { pods } from "../pods.ts";
import { qosClassOf } from "./qos.ts";
import { mergeResize, validateResize } from "./resize.ts";

function podOf(change: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod {
  const pod: Pod = {
    metadata: { name: "p", namespace: "n", annotations },
    spec: { containers: [containerOf("c")], ...structuredClone(change) },
  };
  pods.defaults?.(pod);
  pod.status = { qosClass: qosClassOf(pod.spec ?? {}) };
  return pod;
}

const small = { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "4", memory: "4Gi" } };
const containerOf = (name: string, change: Partial<Container> = {}): Container => ({
  name,
  image: "i",
  resources: small,
  ...change,
});
const withResources = (resources: Container["resources"]): Partial<PodSpec> => ({
  containers: [containerOf("c", resources && { resources })],
});

const errorsOf = (before: Partial<PodSpec>, after: Partial<PodSpec>): string[] => {
  const old = podOf(before);
  return validateResize(mergeResize(podOf(after), old), old).map(fieldErrorText);
};

test("a resize takes resources and nothing else", () => {
  const old = podOf();
  const resources = { ...small, requests: { cpu: "2", memory: "1Gi" } };
  const containers = [containerOf("c", { image: "z", resources })];
  const merged = mergeResize(podOf({ hostname: "h", containers }), old);
  expect(validateResize(merged, old)).toEqual([]);
  expect(merged.spec?.hostname).toBeUndefined();
  expect(merged.spec?.containers?.[0]).toMatchObject({ image: "i", resources });
});

const restarting = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
const init = (change: Partial<Container>): Partial<PodSpec> => ({
  initContainers: [containerOf("i", change)],
});
const more = { ...small, requests: { cpu: "2", memory: "1Gi" } };
const whole = { requests: { cpu: "1" }, limits: { cpu: "4" } };

test.each<[string, Partial<PodSpec>, Partial<PodSpec>, string[]]>([
  ["less memory", {}, withResources({ ...small, limits: { cpu: "4", memory: "2Gi" } }), []],
  [
    "more than the limit",
    {},
    withResources({ ...small, requests: { cpu: "5", memory: "1Gi" } }),
    [
      'spec.containers[0].resources.requests: Invalid value: "5": ' +
        "must be less than or equal to cpu limit of 4",
    ],
  ],
  [
    "another quality",
    {},
    withResources({ requests: small.limits, limits: small.limits }),
    ['spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing'],
  ],
  [
    "no limit any more",
    {},
    withResources({ requests: small.requests }),
    ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"],
  ],
  [
    "another resource",
    {},
    withResources({ ...small, limits: { ...small.limits, "ephemeral-storage": "1Gi" } }),
    ["spec: Forbidden: only cpu and memory resources are mutable"],
  ],
  [
    "another policy",
    {},
    { containers: [containerOf("c", { resizePolicy: restarting })] },
    ["spec: Forbidden: only cpu and memory resources are mutable"],
  ],
  [
    "another container",
    {},
    { containers: [containerOf("c"), containerOf("d")] },
    ["spec.containers: Forbidden: containers may not be added or removed on resize"],
  ],
  [
    "containers in another order",
    { containers: [containerOf("c"), containerOf("d")] },
    { containers: [containerOf("d"), containerOf("c")] },
    [0, 1].map(
      (index) =>
        `spec.containers[${index}].name: Forbidden: ` +
        "containers may not be renamed or reordered on resize",
    ),
  ],
  ["more for what runs first", init({}), init({ resources: more }), []],
  [
    "another resource for what runs first",
    init({}),
    init({ resources: { ...small, requests: { ...small.requests, "ephemeral-storage": "1" } } }),
    [
      "spec.initContainers[0]: Forbidden: " +
        "only cpu and memory resources for init or sidecar containers are mutable",
    ],
  ],
  [
    "more for what runs first and restarts",
    init({ resizePolicy: restarting, restartPolicy: "Always" }),
    init({ resizePolicy: restarting, restartPolicy: "Always", resources: more }),
    [],
  ],
  [
    "more for the whole pod",
    { resources: whole },
    { resources: { ...whole, limits: { cpu: "5" } } },
    [],
  ],
  [
    "nothing for the whole pod",
    { resources: whole },
    {},
    ["spec.resources: Forbidden: pod-level resources cannot be removed"],
  ],
])("a resize: %s", (_, before, after, expected) => {
  expect(errorsOf(before, after)).toEqual(expected);
});

test("some pods cannot be resized", () => {
  const textsOf = (pod: Pod) => validateResize(pod, pod).map(fieldErrorText);
  const running = podOf();
  running.status = {
    ...running.status,
    containerStatuses: [{ name: "c", state: { running: {} } }],
  };
  expect(textsOf(running)).toEqual([
    "spec: Forbidden: Pod running on node without support for resize",
  ]);
  expect(textsOf(podOf({}, { "kubernetes.io/config.mirror": "m" }))).toEqual([
    ": Forbidden: static pods cannot be resized",
  ]);
  expect(textsOf(podOf({ os: { name: "windows" } }))).toEqual([
    ": Forbidden: windows pods cannot be resized",
  ]);
});
