import { describe, expect, test } from "vitest";
import type { Deployment, DeploymentCondition, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";
import { templateHash } from "./hash.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const ago = (seconds: number) =>
  new Date(now - seconds * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
const templateOf = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});

function deployment(
  replicas: number,
  spec: Deployment["spec"] = {},
  status: Deployment["status"] = {},
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "d", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: templateOf("v2"),
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      ...spec,
    },
    status,
  };
}

interface SetWish {
  readonly available?: number;
  readonly revision?: number;
  readonly desired?: number;
  readonly max?: number;
  readonly age?: number;
}

/** A set of this Deployment: `v2` is its present template. */
function set(image: string, replicas: number, wish: SetWish = {}): ReplicaSet {
  const { available = replicas, revision = image === "v2" ? 2 : 1, age = 60 } = wish;
  const template = templateOf(image);
  const hash = `hash-${image}`;
  const labels = { ...template.metadata.labels, "pod-template-hash": hash };
  return {
    metadata: {
      name: `web-${image}`,
      namespace: "default",
      uid: image,
      labels,
      creationTimestamp: ago(age),
      generation: 1,
      ownerReferences: [{ uid: "d", controller: true }],
      annotations: {
        "deployment.kubernetes.io/revision": String(revision),
        ...(wish.desired === undefined
          ? {}
          : { "deployment.kubernetes.io/desired-replicas": String(wish.desired) }),
        ...(wish.max === undefined
          ? {}
          : { "deployment.kubernetes.io/max-replicas": String(wish.max) }),
      },
    },
    spec: { replicas, minReadySeconds: 0, template: { ...template, metadata: { labels } } },
    status: {
      replicas,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
    },
  };
}

function look(deployed: Deployment, sets: readonly ReplicaSet[], more: Partial<Observed> = {}) {
  const candidates = sets.map((each) => ({ set: each, matches: true }));
  const takenNames = new Set(sets.map(({ metadata }) => metadata?.name ?? ""));
  return reconcile({ deployment: deployed, candidates, takenNames, pods: [], now, ...more });
}

const sizes = (actions: readonly Action[]) =>
  actions.flatMap((action) => {
    if (action.type === "UpdateSet")
      return [`${action.set.metadata?.name}=${action.set.spec?.replicas}`];
    if (action.type === "CreateSet") return [`new=${action.set.spec?.replicas}`];
    if (action.type === "DeleteSet") return [`${action.set.metadata?.name} deleted`];
    return [];
  });
const statusOf = (actions: readonly Action[]) =>
  actions.flatMap((action) => (action.type === "UpdateStatus" ? [action.status] : []))[0];
const conditionOf = (actions: readonly Action[], type: string) =>
  statusOf(actions)?.conditions?.find((condition) => condition.type === type);

describe("a rolling update", () => {
  test.each<[string, Deployment, ReplicaSet[], string[]]>([
    ["starts with a full set", deployment(3), [], ["new=3"]],
    [
      "adds the surge and takes what may be missed",
      deployment(3),
      [set("v1", 3)],
      ["new=1", "web-v1=2"],
    ],
    [
      "takes from the old set when it may not add",
      deployment(3),
      [set("v1", 3), set("v2", 1, { available: 0 })],
      ["web-v1=2"],
    ],
    ["adds again when there is room", deployment(3), [set("v1", 2), set("v2", 1)], ["web-v2=2"]],
    [
      "takes unhealthy old pods although none may be missed",
      deployment(3, {
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      }),
      [set("v1", 3, { available: 1 }), set("v2", 1)],
      ["web-v1=2"],
    ],
    [
      "waits when nothing more may be missed",
      deployment(3),
      [set("v1", 2), set("v2", 2, { available: 0 })],
      [],
    ],
    ["is over", deployment(3), [set("v1", 0), set("v2", 3)], []],
    [
      "makes progress although surge and unavailable round to nothing",
      deployment(1, {
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "10%" } },
      }),
      [set("v1", 1)],
      ["new=0", "web-v1=0"],
    ],
    ["scales the new set down", deployment(2), [set("v2", 3)], ["web-v2=2"]],
  ])("%s", (_, deployed, sets, wanted) => {
    const annotated = sets.map((each) => withDesired(each, deployed.spec?.replicas ?? 0));
    expect(sizes(look(deployed, annotated).actions)).toEqual(wanted);
  });

  test("never has more or fewer pods than it may, whatever the order of events", () => {
    let state = { v1: 10, v2: 0 };
    for (let step = 0; step < 60 && (state.v1 > 0 || state.v2 < 10); step += 1) {
      const sets = [set("v1", state.v1), set("v2", state.v2)].map((each) => withDesired(each, 10));
      for (const action of look(deployment(10), sets).actions) {
        if (action.type !== "UpdateSet") continue;
        state = { ...state, [action.set.metadata?.uid ?? ""]: action.set.spec?.replicas ?? 0 };
        expect(state.v1 + state.v2).toBeLessThanOrEqual(11);
        expect(state.v1 + state.v2).toBeGreaterThanOrEqual(9);
      }
    }
    expect(state).toEqual({ v1: 0, v2: 10 });
  });
});

function withDesired(each: ReplicaSet, desired: number): ReplicaSet {
  const annotations = {
    ...each.metadata?.annotations,
    "deployment.kubernetes.io/desired-replicas": String(desired),
  };
  return { ...each, metadata: { ...each.metadata, annotations } };
}

describe("recreate", () => {
  const recreating = (replicas: number) => deployment(replicas, { strategy: { type: "Recreate" } });
  const oldPod = (phase: string): Pod => ({
    metadata: { uid: "p", ownerReferences: [{ uid: "v1", controller: true }] },
    status: { phase },
  });

  test("first ends everything old", () => {
    expect(sizes(look(recreating(3), [set("v1", 3)]).actions)).toEqual(["web-v1=0"]);
  });

  test("waits for the last old pod", () => {
    const more = { pods: [oldPod("Running")] };
    expect(sizes(look(recreating(3), [set("v1", 0)], more).actions)).toEqual([]);
  });

  test("then starts anew", () => {
    const more = { pods: [oldPod("Succeeded")] };
    expect(sizes(look(recreating(3), [set("v1", 0)], more).actions)).toEqual(["new=3"]);
  });
});

describe("scaling in the middle of a roll-out", () => {
  test("shares the difference in proportion", () => {
    const sets = [
      set("v1", 8, { desired: 10, max: 13 }),
      set("v2", 5, { desired: 10, max: 13, available: 0 }),
    ];
    const deployed = deployment(20, {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    });
    expect(sizes(look(deployed, sets).actions)).toEqual(["web-v1=14", "web-v2=9"]);
  });

  test("gives everything to the only active set", () => {
    expect(sizes(look(deployment(5), [set("v2", 3, { desired: 3 })]).actions)).toEqual([
      "web-v2=5",
    ]);
  });

  test("of a finished roll-out sheds what is old", () => {
    const sets = [set("v1", 1, { desired: 2 }), set("v2", 3, { desired: 3 })];
    expect(sizes(look(deployment(3), sets).actions)).toEqual(["web-v1=0"]);
  });

  test("a paused Deployment does not roll out, but scales", () => {
    const paused = deployment(5, { paused: true });
    expect(sizes(look(paused, [set("v1", 3, { desired: 3 })]).actions)).toEqual(["web-v1=5"]);
    expect(sizes(look(paused, [set("v1", 5, { desired: 5 })]).actions)).toEqual([]);
  });
});

describe("revisions", () => {
  test("a new set gets the next one, and the Deployment shows it", () => {
    const { actions } = look(deployment(1), [withDesired(set("v1", 1, { revision: 4 }), 1)]);
    const created = actions.find(({ type }) => type === "CreateSet");
    expect(created?.type === "CreateSet" && created.set.metadata?.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "5",
      "deployment.kubernetes.io/desired-replicas": "1",
      "deployment.kubernetes.io/max-replicas": "2",
    });
    expect(actions).toContainEqual({ type: "UpdateRevision", revision: 5 });
  });

  test("an old template that comes back keeps its history", () => {
    const sets = [set("v1", 1, { revision: 7 }), set("v2", 0, { revision: 2 })];
    const { actions } = look(
      deployment(1),
      sets.map((each) => withDesired(each, 1)),
    );
    const updated = actions.find(({ type }) => type === "UpdateSet");
    expect(updated?.type === "UpdateSet" && updated.set.metadata?.annotations).toMatchObject({
      "deployment.kubernetes.io/revision": "8",
      "deployment.kubernetes.io/revision-history": "2",
    });
  });

  test("old sets above the limit are deleted once all is done", () => {
    const old = ["a", "b", "c"].map((name, index) =>
      withDesired(set(name, 0, { revision: index + 1, age: 100 - index }), 1),
    );
    const limited = deployment(1, { revisionHistoryLimit: 1 });
    const { actions } = look(limited, [...old, withDesired(set("v2", 1, { revision: 9 }), 1)]);
    expect(sizes(actions)).toEqual(["web-a deleted", "web-b deleted"]);
  });

  test("a name that is taken is counted as a collision", () => {
    const taken = `web-${templateHash(templateOf("v2"), 0)}`;
    const { actions } = look(deployment(1), [], { takenNames: new Set([taken]) });
    expect(sizes(actions)).toEqual([]);
    expect(statusOf(actions)?.collisionCount).toBe(1);
    const again = look(deployment(1, {}, { collisionCount: 1 }), [], {
      takenNames: new Set([taken]),
    });
    expect(sizes(again.actions)).toEqual(["new=1"]);
  });
});

describe("conditions", () => {
  const progressing = (reason: string, seconds: number): DeploymentCondition => ({
    type: "Progressing",
    status: "True",
    reason,
    message: "",
    lastUpdateTime: ago(seconds),
    lastTransitionTime: ago(seconds),
  });
  const halfway = [withDesired(set("v1", 2), 3), withDesired(set("v2", 2, { available: 0 }), 3)];
  const counts = { replicas: 4, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

  test("a complete roll-out says so", () => {
    const { actions } = look(deployment(3), [withDesired(set("v2", 3), 3)]);
    expect(conditionOf(actions, "Progressing")).toMatchObject({
      status: "True",
      reason: "NewReplicaSetAvailable",
      message: 'ReplicaSet "web-v2" has successfully progressed.',
    });
    expect(conditionOf(actions, "Available")).toMatchObject({ status: "True" });
  });

  test("progress is noted", () => {
    const { actions } = look(deployment(3), halfway);
    expect(conditionOf(actions, "Progressing")?.reason).toBe("ReplicaSetUpdated");
    expect(conditionOf(actions, "Available")).toMatchObject({
      status: "True",
      reason: "MinimumReplicasAvailable",
    });
  });

  test("without progress the deadline is missed", () => {
    const status = { ...counts, conditions: [progressing("ReplicaSetUpdated", 601)] };
    const { actions } = look(deployment(3, {}, status), halfway);
    expect(conditionOf(actions, "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: 'ReplicaSet "web-v2" has timed out progressing.',
    });
  });

  test("until then it is looked at again in time", () => {
    const status = { ...counts, conditions: [progressing("ReplicaSetUpdated", 100)] };
    expect(look(deployment(3, {}, status), halfway).requeueAfterMs).toBe(501_000);
  });

  test("too few available pods are told", () => {
    const { actions } = look(deployment(3), [withDesired(set("v2", 3, { available: 1 }), 3)]);
    expect(conditionOf(actions, "Available")).toMatchObject({
      status: "False",
      reason: "MinimumReplicasUnavailable",
    });
  });

  test("a pause and its end are told", () => {
    const paused = look(deployment(1, { paused: true }), [withDesired(set("v2", 1), 1)]);
    expect(conditionOf(paused.actions, "Progressing")?.reason).toBe("DeploymentPaused");
  });
});

describe("the template hash", () => {
  test("does not depend on the order of fields", () => {
    const a = { metadata: { labels: { x: "1", y: "2" } }, spec: { hostNetwork: true } };
    const b = { spec: { hostNetwork: true }, metadata: { labels: { y: "2", x: "1" } } };
    expect(templateHash(a, 0)).toBe(templateHash(b, 0));
    expect(templateHash(a, 1)).not.toBe(templateHash(a, 0));
    expect(templateHash(a, 0)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });
});
