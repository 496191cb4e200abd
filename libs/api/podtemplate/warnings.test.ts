import { expect, test } from "vitest";
import type { PodSpec } from "#proto/gen/k8s/core/v1.ts";
import { podNameWarnings, podWarnings } from "./warnings.ts";

const c = "spec.containers[0]";

test.each<[string, Partial<PodSpec>, string[]]>([
  ["nothing", {}, []],
  [
    "old labels in affinity",
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "beta.kubernetes.io/os", operator: "Exists" }] },
            ],
          },
        },
      },
    },
    [
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution" +
        ".nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is " +
        'deprecated since v1.14; use "kubernetes.io/os" instead',
    ],
  ],
  [
    "affinity to nothing",
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "z" }],
        },
      },
    },
    [
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]" +
        ".labelSelector: a null labelSelector results in matching no pod",
    ],
  ],
  [
    "dead volumes",
    { volumes: [{ name: "v", rbd: {} }] },
    ["spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+"],
  ],
  [
    "aliases and secrets that come twice",
    {
      hostAliases: [{ ip: "1.1.1.1" }, { ip: "1.1.1.1" }],
      imagePullSecrets: [{ name: "a" }, { name: "a" }, {}],
    },
    [
      'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
      'spec.imagePullSecrets[1].name: duplicate name "a"',
      'spec.imagePullSecrets[2].name: invalid empty name ""',
    ],
  ],
  [
    "parts of bytes",
    { containers: [{ resources: { requests: { memory: "100m" } } }] },
    [
      `${c}.resources.requests[memory]: fractional byte value "100m" is invalid, ` +
        "must be an integer",
    ],
  ],
  [
    "variables built on themselves",
    {
      containers: [
        {
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "$(A):2" },
          ],
        },
      ],
    },
    [],
  ],
  [
    "a negative grace period",
    { terminationGracePeriodSeconds: -1 },
    [
      "spec.terminationGracePeriodSeconds: " +
        "must be >= 0; negative values are invalid and will be treated as 1",
    ],
  ],
])("%s", (_, spec, expected) => {
  expect(podWarnings({ spec }, "")).toEqual(expected);
});

test("a template is named", () => {
  const metadata = { annotations: { "seccomp.security.alpha.kubernetes.io/pod": "x" } };
  expect(podWarnings({ metadata, spec: {} }, "spec.template")).toEqual([
    "spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: " +
      'non-functional in v1.27+; use the "seccompProfile" field instead',
  ]);
});

test("names that make odd host names", () => {
  expect(podNameWarnings("web")).toEqual([]);
  expect(podNameWarnings("web.1")).toHaveLength(1);
});
