import { describe, expect, test } from "vitest";
import type { Node, Pod, Taint } from "#proto/gen/k8s/core/v1.ts";
import { type Action, isReport, type Observed, reconcile } from "./decide.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const time = "2026-01-01T12:00:00Z";
const ready = (status: string) => [{ type: "Ready", status }];
const node = (conditions: { type: string; status: string }[], spec: Node["spec"] = {}): Node => ({
  metadata: { name: "n1" },
  spec,
  status: { conditions },
});
const pod = (status: string): Pod => ({
  metadata: { name: "p" },
  status: { conditions: ready(status) },
});
const look = (more: Partial<Observed>) =>
  reconcile({
    node: node(ready("True")),
    pods: [],
    seenAt: now,
    gracePeriodMs: 50_000,
    now,
    ...more,
  });
const types = (more: Partial<Observed>) => look(more).actions.map(({ type }) => type);
const taintsOf = (actions: readonly Action[]) =>
  actions.flatMap((action) => (action.type === "UpdateTaints" ? action.taints : []));

describe("a node", () => {
  test("that gives signs of life is left alone, and looked at when it would be lost", () => {
    expect(look({ seenAt: now - 20_000 })).toEqual({ actions: [], requeueAfterMs: 30_001 });
  });

  test("that is silent is lost", () => {
    const { actions } = look({ seenAt: now - 50_001, pods: [pod("True"), pod("False")] });
    expect(actions.map(({ type }) => type)).toEqual([
      "UpdateConditions",
      "RecordEvent",
      "UpdateTaints",
      "MarkPodNotReady",
    ]);
    const [update] = actions;
    expect(update?.type === "UpdateConditions" && update.conditions).toMatchObject([
      { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", lastTransitionTime: time },
      { type: "MemoryPressure", status: "Unknown", reason: "NodeStatusNeverUpdated" },
      { type: "DiskPressure", status: "Unknown" },
      { type: "PIDPressure", status: "Unknown" },
    ]);
    expect(taintsOf(actions)).toEqual([
      { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: time },
    ]);
  });

  test("that is known to be lost is told once", () => {
    const first = look({ seenAt: 0 });
    const conditions = first.actions.flatMap((action) =>
      action.type === "UpdateConditions" ? [...action.conditions] : [],
    ) as { type: string; status: string }[];
    const taints = taintsOf(first.actions);
    expect(types({ seenAt: 0, node: node(conditions, { taints: [...taints] }) })).toEqual([]);
  });

  test.each<[string, Node, Taint[]]>([
    ["without trouble", node(ready("True")), []],
    [
      "that is not ready",
      node(ready("False")),
      [
        { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
        { key: "node.kubernetes.io/not-ready", effect: "NoExecute", timeAdded: time },
      ],
    ],
    [
      "short of memory",
      node([...ready("True"), { type: "MemoryPressure", status: "True" }]),
      [{ key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" }],
    ],
    [
      "that is cordoned",
      node(ready("True"), { unschedulable: true }),
      [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }],
    ],
  ])("%s is tainted so", (_, each, taints) => {
    expect(taintsOf(look({ node: each }).actions)).toEqual(taints);
  });

  test("that recovers loses what was put on it, and keeps what others put there", () => {
    const own = { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" };
    const users = { key: "team", value: "a", effect: "NoSchedule" };
    const actions = look({ node: node(ready("True"), { taints: [own, users] }) }).actions;
    expect(actions).toEqual([{ type: "UpdateTaints", taints: [users] }]);
  });
});

test.each<[string, [string, string] | undefined, [string, string], boolean]>([
  ["a heartbeat is a report", ["True", "t1"], ["True", "t2"], true],
  ["… of a node that was lost", ["Unknown", "t1"], ["True", "t2"], true],
  ["… and the first one", undefined, ["False", "t1"], true],
  ["what others change is none", ["True", "t1"], ["True", "t1"], false],
  ["nor what this controller says", ["True", "t1"], ["Unknown", "t1"], false],
  ["… of a node that never reported", undefined, ["Unknown", "t1"], false],
])("%s", (_, before, after, expected) => {
  const reporting = ([status, lastHeartbeatTime]: [string, string]): Node => ({
    status: { conditions: [{ type: "Ready", status, lastHeartbeatTime }] },
  });
  expect(isReport(before ? reporting(before) : {}, reporting(after))).toBe(expected);
});
