import { expect, test } from "vitest";
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import { quarantineMs, reconcile } from "./decide.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const bound: Pod = { spec: { nodeName: "n1" } };
const deletionTimestamp = "2026-01-01T11:00:00Z";
const leaving: Pod = { ...bound, metadata: { deletionTimestamp } };
const unbound: Pod = { spec: {} };
const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
const node = (status: string, more: Node = {}): Node => ({
  ...more,
  status: { conditions: [{ type: "Ready", status }] },
});
const longAgo = now - quarantineMs;

test.each<[string, Pod, Node | undefined, number | undefined, string[], number | undefined]>([
  ["a pod of a node that is there stays", bound, node("True"), undefined, [], undefined],
  ["… also of one that is silent", leaving, node("Unknown"), undefined, [], undefined],
  ["a node that is missed may come back", bound, undefined, now - 1_000, [], 39_000],
  ["… for 40 s", bound, undefined, longAgo + 1, [], 1],
  ["a pod of a node that is gone goes", bound, undefined, longAgo, ["CollectOrphan"], undefined],
  ["… also when it is leaving", leaving, undefined, longAgo, ["CollectOrphan"], undefined],
  [
    "… and when it has finished",
    { ...bound, status: { phase: "Succeeded" } },
    undefined,
    longAgo,
    ["CollectOrphan"],
    undefined,
  ],
  ["a pod that waits for a node stays", unbound, undefined, undefined, [], undefined],
  [
    "… unless it is leaving",
    { ...unbound, metadata: { deletionTimestamp } },
    undefined,
    undefined,
    ["CollectLeaving"],
    undefined,
  ],
  [
    "a leaving pod of a node out of service goes",
    leaving,
    node("Unknown", { spec: { taints } }),
    undefined,
    ["CollectLeaving"],
    undefined,
  ],
  [
    "… but not when the node answers",
    leaving,
    node("True", { spec: { taints } }),
    undefined,
    [],
    undefined,
  ],
  [
    "… and not a pod that is not leaving",
    bound,
    node("Unknown", { spec: { taints } }),
    undefined,
    [],
    undefined,
  ],
])("%s", (_, pod, itsNode, nodeMissedAt, types, requeueAfterMs) => {
  const decision = reconcile({ pod, node: itsNode, nodeMissedAt, now });
  expect(decision.actions.map(({ type }) => type)).toEqual(types);
  expect(decision.requeueAfterMs).toBe(requeueAfterMs);
});
