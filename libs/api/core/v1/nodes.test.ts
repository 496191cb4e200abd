import { expect, test } from "vitest";
import type { Node } from "#proto/gen/k8s/core/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { nodes } from "./nodes.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const metadata = { name: "n" };

const cells = (node: Node) => nodes.printColumns.map(({ cell }) => cell(node, 0)).slice(1);

test.each<[string, Node, unknown[]]>([
  ["new", {}, ["Unknown", "<none>"]],
  ["ready", { status: { conditions: [{ type: "Ready", status: "True" }] } }, ["Ready", "<none>"]],
  [
    "cordoned",
    {
      spec: { unschedulable: true },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    },
    ["Ready,SchedulingDisabled", "<none>"],
  ],
  [
    "lost",
    { status: { conditions: [{ type: "Ready", status: "Unknown" }] } },
    ["NotReady", "<none>"],
  ],
  [
    "with roles",
    {
      metadata: {
        labels: {
          "node-role.kubernetes.io/worker": "",
          "node-role.kubernetes.io/control-plane": "",
          "kubernetes.io/role": "edge",
        },
      },
    },
    ["Unknown", "control-plane,edge,worker"],
  ],
])("a %s node's status and roles", (_, node, expected) => {
  expect(cells(node).slice(0, 2)).toEqual(expected);
});

test("wide columns", () => {
  const node: Node = {
    status: {
      addresses: [
        { type: "Hostname", address: "h" },
        { type: "InternalIP", address: "10.0.0.1" },
      ],
      nodeInfo: { kubeletVersion: "v1.36.0", osImage: "Debian", kernelVersion: "6.1" },
    },
  };
  expect(cells(node).slice(3)).toEqual([
    ...["v1.36.0", "10.0.0.1", "<none>", "Debian", "6.1", "<unknown>"],
  ]);
});

test("addresses of pods are said in two ways, of which the older wins", () => {
  const node: Node = { metadata, spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.2.0.0/24"] } };
  nodes.defaults?.(node);
  expect(node.spec).toEqual({ podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] });
  const newer: Node = { metadata, spec: { podCIDRs: ["10.2.0.0/24", "fd00::/64"] } };
  nodes.defaults?.(newer);
  expect(newer.spec?.podCIDR).toBe("10.2.0.0/24");
});

test.each<[string, Node["spec"], Node["spec"], string[]]>([
  ["a first block", {}, { podCIDRs: ["10.0.0.0/24"] }, []],
  ["a provider's name", {}, { providerID: "x" }, []],
  [
    "another block",
    { podCIDRs: ["10.0.0.0/24"] },
    { podCIDRs: ["10.0.1.0/24"] },
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  ],
  [
    "no block any more",
    { podCIDRs: ["10.0.0.0/24"] },
    {},
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  ],
  [
    "another provider's name",
    { providerID: "x" },
    { providerID: "y" },
    ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
  ],
  [
    "a taint's odd value, which is checked twice",
    {},
    { taints: [{ key: "a", value: "b c", effect: "NoSchedule" }] },
    Array(2).fill(expect.stringMatching(/^metadata\.taints\[0\]\.value: Invalid value: "b c"/)),
  ],
])("update: %s", (_, before, after, expected) => {
  const errors =
    nodes.validateUpdate?.(
      { metadata, ...(after && { spec: after }) },
      { metadata, ...(before && { spec: before }) },
      facts,
    ) ?? [];
  expect(errors.map(fieldErrorText)).toEqual(expected);
});
