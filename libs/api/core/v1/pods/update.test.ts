import { expect, test } from "vitest";
import type { Pod, PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { fieldErrorText } from "../../../errors.ts";
import { pods } from "../pods.ts";
import { mergeEphemeralContainers, validateEphemeralContainersUpdate } from "./ephemeral.ts";
import { qosClassOf } from "./qos.ts";
import { validateStatusUpdate } from "./status.ts";
import { validatePodUpdate } from "./update.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;

function podOf(change: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod {
  const pod: Pod = {
    metadata: { name: "p", namespace: "n", annotations },
    spec: { containers: [{ name: "c", image: "i:1" }], ...structuredClone(change) },
  };
  pods.defaults?.(pod);
  pods.prepareForCreate?.(pod, { ...facts, verb: "create" });
  return pod;
}

/** Field and detail of each error; of a difference only its first line. */
const texts = (errors: ReturnType<typeof validatePodUpdate>) =>
  errors.map((error) => fieldErrorText(error).split("\n")[0]);

const image = (text: string) => ({ containers: [{ name: "c", image: text }] });
const immutable = expect.stringMatching(/^spec: Forbidden: pod updates may not change fields/);

test.each<[string, Partial<PodSpec>, Partial<PodSpec>, unknown[]]>([
  ["nothing", {}, {}, []],
  ["the image", image("i:1"), image("i:2"), []],
  [
    "an image with spaces around it",
    image("i:1"),
    image(" i:2"),
    Array(2).fill(
      'spec.containers[0].image: Invalid value: " i:2": ' +
        "must not have leading or trailing whitespace",
    ),
  ],
  ["the host name", {}, { hostname: "h" }, [immutable]],
  ["a first deadline", {}, { activeDeadlineSeconds: 5 }, []],
  ["a shorter deadline", { activeDeadlineSeconds: 5 }, { activeDeadlineSeconds: 4 }, []],
  [
    "a longer deadline",
    { activeDeadlineSeconds: 5 },
    { activeDeadlineSeconds: 6 },
    [
      "spec.activeDeadlineSeconds: Invalid value: 6: " +
        "must be less than or equal to previous value",
    ],
  ],
  [
    "no deadline any more",
    { activeDeadlineSeconds: 5 },
    {},
    [
      "spec.activeDeadlineSeconds: Invalid value: null: " +
        "must not update from a positive integer to nil value",
    ],
  ],
  [
    "a negative grace period made 1",
    { terminationGracePeriodSeconds: -1 },
    { terminationGracePeriodSeconds: 1 },
    [],
  ],
  [
    "a grace period",
    { terminationGracePeriodSeconds: 5 },
    { terminationGracePeriodSeconds: 1 },
    [immutable],
  ],
  [
    "seconds of a toleration",
    { tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: 5 }] },
    { tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: 6 }] },
    [],
  ],
  [
    "selection of a gated pod, narrower",
    { schedulingGates: [{ name: "g" }], nodeSelector: { a: "1" } },
    { schedulingGates: [{ name: "g" }], nodeSelector: { a: "1", b: "2" } },
    [],
  ],
])("%s", (_, before, after, expected) => {
  expect(texts(validatePodUpdate(podOf(after), podOf(before)))).toEqual(expected);
});

test("the quality of service cannot change", () => {
  const before = podOf({ containers: [{ name: "c", image: "i" }] });
  const after = podOf({
    containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }],
  });
  expect(texts(validatePodUpdate(after, before))).toEqual([
    'metadata: Invalid value: "Burstable": Pod QoS is immutable',
    immutable,
  ]);
});

test("the mirror annotation stays as it is", () => {
  const key = "kubernetes.io/config.mirror";
  const [bare, mirror] = [podOf({ nodeName: "n" }), podOf({ nodeName: "n" }, { [key]: "1" })];
  const at = `metadata.annotations[${key}]`;
  expect(texts(validatePodUpdate(mirror, bare))).toEqual([
    `${at}: Forbidden: may not add mirror pod annotation`,
  ]);
  expect(texts(validatePodUpdate(bare, mirror))).toEqual([
    `${at}: Forbidden: may not remove or update mirror pod annotation`,
  ]);
});

test.each<[string, PodSpec, string]>([
  ["nothing asked", { containers: [{}] }, "BestEffort"],
  ["a request", { containers: [{ resources: { requests: { cpu: "1" } } }] }, "Burstable"],
  [
    "an extended resource only",
    { containers: [{ resources: { limits: { "a/b": "1" } } }] },
    "BestEffort",
  ],
  [
    "limits met by requests",
    {
      containers: [
        {
          resources: {
            limits: { cpu: "1", memory: "1Gi" },
            requests: { cpu: "1000m", memory: "1024Mi" },
          },
        },
      ],
    },
    "Guaranteed",
  ],
  [
    "one container without limits",
    {
      containers: [
        {
          resources: {
            limits: { cpu: "1", memory: "1Gi" },
            requests: { cpu: "1", memory: "1Gi" },
          },
        },
        {},
      ],
    },
    "Burstable",
  ],
])("quality of service: %s", (_, spec, expected) => {
  expect(qosClassOf(spec)).toBe(expected);
});

test("ephemeral containers are added, not changed or removed", () => {
  const old = podOf();
  const debug = { name: "d", image: "x" };
  const added = mergeEphemeralContainers(podOf({ ephemeralContainers: [debug] }), old);
  expect(validateEphemeralContainersUpdate(added, old)).toEqual([]);
  const removed = mergeEphemeralContainers(podOf(), added);
  expect(texts(validateEphemeralContainersUpdate(removed, added))).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed',
  ]);
  const other = podOf({ ephemeralContainers: [{ ...debug, image: "y" }] });
  const changed = mergeEphemeralContainers(other, added);
  const [error] = validateEphemeralContainersUpdate(changed, added);
  expect(error?.detail).toContain('\n- "Image": "x",\n+ "Image": "y",\n');
  expect(changed.spec?.containers).toEqual(old.spec?.containers);
});

test.each<[string, Partial<PodSpec>, number, boolean]>([
  ["always", { restartPolicy: "Always" }, 0, true],
  ["never", { restartPolicy: "Never" }, 1, false],
  ["on failure, failed", { restartPolicy: "OnFailure" }, 1, true],
  ["on failure, succeeded", { restartPolicy: "OnFailure" }, 0, false],
  [
    "its own policy",
    { restartPolicy: "Never", containers: [{ name: "c", image: "i", restartPolicy: "Always" }] },
    0,
    true,
  ],
  [
    "a rule for the exit code",
    {
      restartPolicy: "Never",
      containers: [
        {
          name: "c",
          image: "i",
          restartPolicy: "Never",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [3] } }],
        },
      ],
    },
    3,
    true,
  ],
])("a container that ended may run again: %s", (_, spec, exitCode, allowed) => {
  const old = podOf(spec);
  old.status = {
    ...old.status,
    containerStatuses: [{ name: "c", state: { terminated: { exitCode } } }],
  };
  const status = { ...old.status, containerStatuses: [{ name: "c", state: { running: {} } }] };
  const errors = validateStatusUpdate({ ...old, status }, old);
  expect(errors).toHaveLength(allowed ? 0 : 1);
});

test.each([
  ["unbound", {}, {}, 5, 0],
  ["finished", { nodeName: "n" }, { phase: "Succeeded" }, 5, 0],
  ["as asked", { nodeName: "n" }, {}, 5, 5],
  ["as the pod says", { nodeName: "n", terminationGracePeriodSeconds: 7 }, {}, undefined, 7],
  ["now", { nodeName: "n" }, {}, 0, 0],
  ["negative is 1", { nodeName: "n", terminationGracePeriodSeconds: -3 }, {}, undefined, 1],
])("grace: %s", (_, spec, status, asked, expected) => {
  const grace = pods.gracefulDeletion?.({ spec, status }, asked, facts);
  expect(grace).toEqual({ gracePeriodSeconds: expected });
});
