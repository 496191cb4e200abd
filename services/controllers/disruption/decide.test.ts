import { describe, expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "#proto/gen/k8s/policy/v1.ts";
import { evictionMs, type Expected, needsExpected, reconcile } from "./decide.ts";
import { expectedPods, type Scaled } from "./scale.ts";

const nowMs = Date.parse("2026-01-01T00:10:00Z");
const pod = (name: string, isReady = true, more: object = {}): Pod => ({
  metadata: { name, namespace: "ns", ...more },
  status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
});
const budget = (
  spec: PodDisruptionBudget["spec"],
  status: PodDisruptionBudgetStatus = {},
): PodDisruptionBudget => ({
  metadata: { name: "b", namespace: "ns", generation: 1 },
  spec,
  status,
});
const pods = (healthy: number, sick = 0): Pod[] => [
  ...Array.from({ length: healthy }, (_, index) => pod(`h${index}`)),
  ...Array.from({ length: sick }, (_, index) => pod(`s${index}`, false)),
];
const known = (count: number): Expected => ({ type: "Known", count });

function statusOf(from: PodDisruptionBudget, list: Pod[], expected: Expected = known(0)) {
  const { actions } = reconcile({ budget: from, pods: list, expected, nowMs });
  return actions.flatMap((action) => (action.type === "WriteStatus" ? [action.status] : []))[0];
}

type Row = [string, PodDisruptionBudget["spec"], Pod[], number, [number, number, number, number]];
test.each<Row>([
  ["a number that must be there", { minAvailable: 2 }, pods(3), 0, [3, 3, 2, 1]],
  ["too few", { minAvailable: 2 }, pods(1, 2), 0, [3, 1, 2, 0]],
  ["no pods", { minAvailable: 1 }, [], 0, [0, 0, 1, 0]],
  ["a share, rounded up", { minAvailable: "50%" }, pods(3), 3, [3, 3, 2, 1]],
  ["a number that may be missing", { maxUnavailable: 1 }, pods(3), 3, [3, 3, 2, 1]],
  ["more than there are", { maxUnavailable: 9 }, pods(3), 3, [3, 3, 0, 3]],
  ["a share that may be missing", { maxUnavailable: "30%" }, pods(9, 1), 10, [10, 9, 7, 2]],
  ["pods that are not made yet", { maxUnavailable: 1 }, pods(2), 5, [5, 2, 4, 0]],
])("%s", (_, spec, list, scale, wanted) => {
  const status = statusOf(budget(spec), list, known(scale));
  const {
    expectedPods: expected,
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed,
  } = status ?? {};
  expect([expected, currentHealthy, desiredHealthy, disruptionsAllowed]).toEqual(wanted);
  const [condition] = status?.conditions ?? [];
  expect(condition).toMatchObject({
    type: "DisruptionAllowed",
    status: wanted[3] > 0 ? "True" : "False",
    reason: wanted[3] > 0 ? "SufficientPods" : "InsufficientPods",
    observedGeneration: 1,
  });
});

describe("evicted pods", () => {
  const noted = (ageMs: number) => ({
    disruptedPods: { h0: new Date(nowMs - ageMs).toISOString() },
  });

  test("are not healthy any more", () => {
    const { actions, requeueAfterMs } = reconcile({
      budget: budget({ minAvailable: 1 }, noted(1_000)),
      pods: pods(3),
      expected: known(0),
      nowMs,
    });
    expect(actions.at(-1)).toMatchObject({ status: { currentHealthy: 2, disruptionsAllowed: 1 } });
    expect(requeueAfterMs).toBe(evictionMs - 1_000);
  });

  test("that stay are healthy again, and told of", () => {
    const { actions } = reconcile({
      budget: budget({ minAvailable: 1 }, noted(evictionMs)),
      pods: pods(3),
      expected: known(0),
      nowMs,
    });
    expect(actions.map(({ type }) => type)).toEqual(["Record", "WriteStatus"]);
    expect(actions.at(-1)).toMatchObject({ status: { currentHealthy: 3 } });
  });

  test("that are gone are forgotten", () => {
    const status = statusOf(budget({ minAvailable: 1 }, noted(1_000)), [pod("other")]);
    expect(status?.disruptedPods).toBeUndefined();
  });
});

test("what is right already is not written", () => {
  const first = budget({ minAvailable: 1 });
  const status = statusOf(first, pods(2));
  expect(statusOf({ ...first, ...(status ? { status } : {}) }, pods(2))).toBeUndefined();
});

test("without owners nothing may go, and it is told why", () => {
  const { actions } = reconcile({
    budget: budget({ maxUnavailable: 1 }),
    pods: pods(1),
    expected: { type: "Unknown", message: "why" },
    nowMs,
  });
  expect(actions).toMatchObject([
    { type: "Record", reason: "CalculateExpectedPodCountFailed" },
    { status: { disruptionsAllowed: 0, conditions: [{ reason: "SyncFailed", message: "why" }] } },
  ]);
});

test("only shares and what may be missing need a scale", () => {
  expect(needsExpected(budget({ minAvailable: 1 }))).toBe(false);
  expect(needsExpected(budget({ minAvailable: "10%" }))).toBe(true);
  expect(needsExpected(budget({ maxUnavailable: 0 }))).toBe(true);
});

describe("expected pods", () => {
  const owner = (kind: string, name: string) => ({ kind, name, uid: name, controller: true });
  const scaled = (uid: string, replicas: number, above?: ReturnType<typeof owner>): Scaled => ({
    metadata: { uid, ...(above ? { ownerReferences: [above] } : {}) },
    spec: { replicas },
  });
  const stored: Record<string, Scaled> = {
    "Deployment/d": scaled("d", 5),
    "ReplicaSet/old": scaled("old", 1, owner("Deployment", "d")),
    "ReplicaSet/new": scaled("new", 4, owner("Deployment", "d")),
    "StatefulSet/s": scaled("s", 3),
  };
  const find = (_: string, kind: string, name: string) => stored[`${kind}/${name}`];
  const owned = (kind: string, name: string) =>
    pod(name, true, { ownerReferences: [owner(kind, name)] });

  test("are those of each owner, once", () => {
    const list = [
      owned("ReplicaSet", "old"),
      owned("ReplicaSet", "new"),
      owned("StatefulSet", "s"),
    ];
    expect(expectedPods(list, find)).toEqual({ type: "Known", count: 8 });
  });

  test.each([
    ["nobody's pod", pod("p"), 'found no controller ref for pod "p"'],
    ["an owner without scale", owned("Job", "j"), `found no controllers for pod "j"'s Job "j"`],
  ])("are not known of %s", (_, one, message) => {
    expect(expectedPods([one], find)).toEqual({ type: "Unknown", message });
  });
});
