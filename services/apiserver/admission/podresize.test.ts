import { expect, test } from "vitest";
import { StatusError } from "#libs/api/errors.ts";
import { resources } from "#libs/api/index.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { defaultIngressClass } from "./defaultingressclass.ts";
import type { AdmissionReader, AdmissionRequest } from "./plugin.ts";
import { podResizeValidator } from "./podresize.ts";

function requestOf(plural: string, subresource: string, draft: object): AdmissionRequest {
  const definition = resources.find((one) => one.plural === plural);
  if (definition === undefined) throw new Error(`nothing serves ${plural}`);
  return {
    operation: subresource === "" ? "create" : "update",
    caller: { user: "u", groups: [], manager: "m" },
    place: { definition, subresource, namespace: "n", name: "x" },
    draft: draft as KubeObject,
    old: subresource === "" ? undefined : { metadata: { name: "x", generation: 1 } },
    dryRun: false,
  };
}

const readerOf = (objects: readonly object[]): AdmissionReader => ({
  cached: () => objects[0] as KubeObject | undefined,
  list: () => objects as KubeObject[],
  live: () => Promise.resolve(undefined),
  now: 0,
  random: () => 0,
  sleep: () => Promise.resolve(),
});

const podOf = (cpu: string, memory: string, generation = 2) => ({
  metadata: { name: "x", generation },
  spec: { nodeName: "node", containers: [{ name: "c", resources: { requests: { cpu, memory } } }] },
});
const nodeOf = (os: string) => ({
  metadata: { name: "node", labels: { "kubernetes.io/os": os } },
  status: { allocatable: { cpu: "2", memory: "1Gi" } },
});

const refused = 'pods "x" is forbidden';

test.each<[string, object, object[], string, string?]>([
  ["fits", podOf("2", "1Gi"), [nodeOf("linux")], ""],
  ["does not change", podOf("3", "2Gi", 1), [nodeOf("linux")], ""],
  ["has no node", { metadata: { name: "x" }, spec: {} }, [], ""],
  ["has lost its node", podOf("1", "1"), [], `${refused}: node "node" not found`],
  [
    "is too large",
    podOf("3", "2Gi"),
    [nodeOf("linux")],
    `${refused}: Node didn't have enough allocatable resources: ` +
      "cpu, requested: 3000, allocatable: 2000; " +
      "memory, requested: 2147483648, allocatable: 1073741824",
    "NodeCapacity",
  ],
  [
    "is elsewhere",
    podOf("1", "1"),
    [nodeOf("windows")],
    `${refused}: pod resize is only supported on linux nodes, node "node" is "windows"`,
    "UnsupportedPlatform",
  ],
])("a resized pod that %s", (_, pod, nodes, message, cause) => {
  let error: unknown;
  try {
    void podResizeValidator.validate?.(requestOf("pods", "resize", pod), readerOf(nodes));
  } catch (thrown) {
    error = thrown;
  }
  expect(error instanceof StatusError ? error.message : "").toBe(message);
  if (cause === undefined) return;
  expect((error as StatusError).status.details?.causes).toEqual([{ reason: cause }]);
});

const classOf = (name: string, creationTimestamp: string, isDefault = "true") => ({
  metadata: {
    name,
    creationTimestamp,
    annotations: { "ingressclass.kubernetes.io/is-default-class": isDefault },
  },
});
const classes = [
  classOf("old", "2025-01-01T00:00:00Z"),
  classOf("new", "2026-01-01T00:00:00Z"),
  classOf("also-new", "2026-01-01T00:00:00Z"),
  classOf("newest", "2027-01-01T00:00:00Z", "false"),
];

test.each<[string, object, object[], string | undefined]>([
  ["nothing", { spec: {} }, classes, "also-new"],
  ["nothing, and there is none", { spec: {} }, [], undefined],
  ["its class", { spec: { ingressClassName: "mine" } }, classes, "mine"],
  [
    "its class as of old",
    { metadata: { annotations: { "kubernetes.io/ingress.class": "mine" } }, spec: {} },
    classes,
    undefined,
  ],
])("an ingress that says %s", (_, ingress, known, expected) => {
  const request = requestOf("ingresses", "", ingress);
  void defaultIngressClass.mutate?.(request, readerOf(known));
  const { spec } = request.draft as { spec?: { ingressClassName?: string } };
  expect(spec?.ingressClassName).toBe(expected);
});
