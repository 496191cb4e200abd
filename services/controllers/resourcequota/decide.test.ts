import { describe, expect, test } from "vitest";
import type { Amounts } from "#libs/api/quota/amounts.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { ResourceQuota } from "#proto/gen/k8s/core/v1.ts";
import { reconcile, recountMs, settleMs } from "./decide.ts";

const quota = (hard: Amounts, used?: Amounts, scopes?: string[]): ResourceQuota => ({
  metadata: { name: "q", namespace: "ns" },
  spec: { hard, ...(scopes ? { scopes } : {}) },
  status: used ? { hard, used } : {},
});
const pod = (cpu: string, phase = "Running"): KubeObject =>
  ({
    spec: { containers: [{ name: "c", resources: { requests: { cpu } } }] },
    status: { phase },
  }) as KubeObject;

function counted(from: ResourceQuota, objects: Record<string, KubeObject[]>, stillMs = settleMs) {
  const observed = { quota: from, objects: new Map(Object.entries(objects)), nowMs: 0, stillMs };
  return reconcile(observed);
}

test.each<[string, ResourceQuota, Record<string, KubeObject[]>, Amounts | undefined]>([
  ["nothing is there", quota({ pods: "5" }), {}, { pods: "0" }],
  ["pods", quota({ pods: "5" }), { pods: [pod("1"), pod("1")] }, { pods: "2" }],
  [
    "what pods request",
    quota({ "requests.cpu": "5" }),
    { pods: [pod("1"), pod("500m")] },
    { "requests.cpu": "1500m" },
  ],
  ["ended pods are not there", quota({ pods: "5" }), { pods: [pod("1", "Failed")] }, { pods: "0" }],
  [
    "but count as objects",
    quota({ "count/pods": "5" }),
    { pods: [pod("1", "Failed")] },
    { "count/pods": "1" },
  ],
  [
    "only what is in scope",
    quota({ pods: "5" }, undefined, ["BestEffort"]),
    { pods: [pod("1")] },
    { pods: "0" },
  ],
  ["what is right already", quota({ pods: "5" }, { pods: "1" }), { pods: [pod("1")] }, undefined],
  ["what was charged for nothing", quota({ pods: "5" }, { pods: "3" }), {}, { pods: "0" }],
  ["other kinds", quota({ "count/x.g": "5" }), { "x.g": [{}] }, { "count/x.g": "1" }],
])("%s", (_, from, objects, used) => {
  const { actions, requeueAfterMs } = counted(from, objects);
  expect(actions.map((action) => action.used)).toEqual(used ? [used] : []);
  expect(requeueAfterMs).toBe(recountMs);
});

describe("a quota that was just charged", () => {
  test("is counted later: what was charged may not show yet", () => {
    const decision = counted(quota({ pods: "5" }, { pods: "1" }), {}, settleMs - 10);
    expect(decision).toEqual({ actions: [], requeueAfterMs: 10 });
  });

  test("is counted at once when nothing is known of its use", () => {
    expect(counted(quota({ pods: "5" }), {}, 0).actions).toHaveLength(1);
  });
});
