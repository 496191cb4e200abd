import { describe, expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile, type ReplicaSetView } from "./decide.ts";
import { podsToDelete } from "./ranking.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) =>
  new Date(now - seconds * 1_000).toISOString().replace(/\.\d+Z$/, "Z");

interface PodWish {
  readonly owner?: string | null;
  readonly node?: string;
  readonly phase?: string;
  readonly readyFor?: number;
  readonly restarts?: number;
  readonly age?: number;
  readonly cost?: string;
  readonly deleted?: boolean;
  readonly labels?: Record<string, string>;
}

function pod(name: string, wish: PodWish = {}): Pod {
  const { owner = "rs", node = "n1", phase = "Running", readyFor, restarts = 0, age = 60 } = wish;
  const condition = { type: "Ready", status: "True", lastTransitionTime: ago(readyFor ?? 0) };
  return {
    metadata: {
      name,
      uid: name,
      labels: wish.labels ?? { app: "web" },
      creationTimestamp: ago(age),
      ...(wish.cost
        ? { annotations: { "controller.kubernetes.io/pod-deletion-cost": wish.cost } }
        : {}),
      ...(wish.deleted ? { deletionTimestamp: ago(1) } : {}),
      ...(owner ? { ownerReferences: [{ uid: owner, controller: true }] } : {}),
    },
    spec: { ...(node ? { nodeName: node } : {}) },
    status: {
      phase,
      containerStatuses: [{ name: "c", restartCount: restarts }],
      ...(readyFor === undefined ? {} : { conditions: [condition] }),
    },
  };
}

function view(replicas: number, more: Partial<ReplicaSetView> = {}): ReplicaSetView {
  return {
    kind: "ReplicaSet",
    object: { metadata: { name: "web", uid: "rs" } },
    replicas,
    minReadySeconds: 0,
    template: { metadata: { labels: { app: "web" } } },
    generation: 3,
    status: undefined,
    ...more,
  };
}

function observed(set: ReplicaSetView, pods: readonly Pod[], more: Partial<Observed> = {}) {
  const candidates = pods.map((each) => ({
    pod: each,
    matches: each.metadata?.labels?.app === "web",
  }));
  return { set, candidates, nodeCounts: new Map(), failure: undefined, now, ...more };
}

const told = (actions: readonly Action[]) =>
  actions.flatMap((action) => {
    if (action.type === "UpdateStatus") return [];
    return [action.type === "CreatePod" ? "create" : `${action.type} ${action.pod.metadata?.name}`];
  });

describe("the number of pods", () => {
  const leaving = { object: { metadata: { uid: "rs", deletionTimestamp: ago(1) } } };
  test.each<[string, ReplicaSetView, Pod[], string[]]>([
    ["missing ones are created", view(2), [pod("a")], ["create"]],
    ["enough is enough", view(1), [pod("a")], []],
    ["unready ones go first", view(1), [pod("a", { readyFor: 9 }), pod("b")], ["DeletePod b"]],
    ["finished ones do not count", view(1), [pod("a", { phase: "Failed" })], ["create"]],
    ["leaving ones do not count", view(1), [pod("a", { deleted: true })], ["create"]],
    ["strangers' are left alone", view(1), [pod("a", { owner: "x" })], ["create"]],
    ["orphans are adopted", view(1), [pod("a", { owner: null })], ["AdoptPod a"]],
    ["leaving orphans are not", view(0), [pod("a", { owner: null, deleted: true })], []],
    [
      "what no longer matches is released",
      view(1),
      [pod("a", { labels: { app: "x" } })],
      ["ReleasePod a", "create"],
    ],
    ["a leaving set does nothing", view(3, leaving), [], []],
    ["nor does it adopt or release", view(3, leaving), [pod("a", { owner: null })], []],
  ])("%s", (_, set, pods, actions) => {
    expect(told(reconcile(observed(set, pods)).actions)).toEqual(actions);
  });

  test("is approached in bounded steps", () => {
    expect(told(reconcile(observed(view(2_000), [])).actions)).toHaveLength(500);
  });
});

describe("the status", () => {
  const statusOf = (set: ReplicaSetView, pods: readonly Pod[], more: Partial<Observed> = {}) => {
    const action = reconcile(observed(set, pods, more)).actions.find(
      ({ type }) => type === "UpdateStatus",
    );
    return action?.type === "UpdateStatus" ? action.status : undefined;
  };
  const pods = [
    pod("a", { readyFor: 60 }),
    pod("b", { readyFor: 5, labels: { app: "web" } }),
    pod("c", { phase: "Pending" }),
    pod("d", { deleted: true, readyFor: 60 }),
  ];

  test("counts", () => {
    expect(statusOf(view(3, { minReadySeconds: 10 }), pods)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 3,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 3,
    });
  });

  test("is not written again when it says so already", () => {
    const set = view(3, { minReadySeconds: 10 });
    const status = statusOf(set, pods);
    expect(statusOf({ ...set, status }, pods)).toBeUndefined();
  });

  test("is looked at again when a pod becomes available", () => {
    const { requeueAfterMs } = reconcile(observed(view(3, { minReadySeconds: 10 }), pods));
    expect(requeueAfterMs).toBe(5_001);
  });

  test("tells why pods cannot be created, until they can", () => {
    const failure = { reason: "FailedCreate", message: "quota" };
    const status = statusOf(view(1), [], { failure });
    expect(status?.conditions).toMatchObject([
      { type: "ReplicaFailure", status: "True", ...failure },
    ]);
    expect(statusOf(view(1, { status }), [])?.conditions).toBeUndefined();
  });

  test("of a replication controller has no terminating pods", () => {
    expect(statusOf(view(0, { kind: "ReplicationController" }), [])).toEqual({
      replicas: 0,
      observedGeneration: 3,
    });
  });
});

describe("who goes first", () => {
  const rows: [string, Pod, Pod][] = [
    ["unassigned", pod("x", { node: "", readyFor: 9 }), pod("y", { readyFor: 9 })],
    ["pending", pod("x", { phase: "Pending", readyFor: 9 }), pod("y", { readyFor: 9 })],
    ["not ready", pod("x"), pod("y", { readyFor: 9 })],
    ["cheaper", pod("x", { readyFor: 9, cost: "-5" }), pod("y", { readyFor: 9 })],
    ["later ready", pod("x", { readyFor: 9 }), pod("y", { readyFor: 9_000 })],
    ["more restarts", pod("x", { readyFor: 9, restarts: 3 }), pod("y", { readyFor: 9 })],
    ["younger", pod("x", { readyFor: 9, age: 60 }), pod("y", { readyFor: 9, age: 9_000 })],
  ];
  test.each(rows)("%s", (_, first, second) => {
    for (const both of [
      [first, second],
      [second, first],
    ]) {
      expect(podsToDelete(both, 1, new Map(), now)).toEqual([first]);
    }
  });

  test("of crowded nodes", () => {
    const [first, second] = [pod("x", { readyFor: 9, node: "full" }), pod("y", { readyFor: 9 })];
    expect(podsToDelete([second, first], 1, new Map([["full", 5]]), now)).toEqual([first]);
  });
});
