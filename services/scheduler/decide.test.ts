import { describe, expect, test } from "vitest";
import type { Node, Pod, Taint } from "#proto/gen/k8s/core/v1.ts";
import { schedule } from "./decide.ts";
import { defaultProfile } from "./profile.ts";
import { factsOf, Snapshot } from "./snapshot.ts";

interface NodeWish {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: Taint[];
  readonly unschedulable?: boolean;
  readonly images?: string[];
}

function node(name: string, wish: NodeWish = {}): Node {
  const { cpu = "4", memory = "8Gi", pods = "110", labels = {}, taints, unschedulable } = wish;
  return {
    metadata: { name, labels },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: {
      allocatable: { cpu, memory, pods },
      images: (wish.images ?? []).map((image) => ({ names: [image], sizeBytes: 500_000_000 })),
    },
  };
}

let serial = 0;
function pod(spec: Pod["spec"] = {}, requests: Record<string, string> = {}): Pod {
  serial += 1;
  const containers = [{ name: "c", image: "app", resources: { requests } }];
  return { metadata: { uid: `u${serial}`, name: `p${serial}` }, spec: { containers, ...spec } };
}

function decide(nodes: readonly Node[], wanted: Pod, placed: readonly [Pod, string][] = []) {
  const snapshot = new Snapshot();
  for (const each of nodes) snapshot.putNode(each);
  for (const [each, where] of placed) snapshot.place(factsOf(each), where);
  return schedule(factsOf(wanted), snapshot, defaultProfile, { start: 0, draw: 0 });
}

const placed = (verdict: ReturnType<typeof decide>) =>
  verdict.type === "Place" ? verdict.node : verdict.message;

const affinity = (key: string, operator: string, values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
});

describe("filters", () => {
  const tainted = { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] };
  const tolerant = { tolerations: [{ key: "k", operator: "Exists" }] };
  const cordonTolerant = {
    tolerations: [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }],
  };
  test.each<[string, Node[], Pod, string]>([
    ["a free node takes it", [node("a")], pod(), "a"],
    ["a cordoned node does not", [node("a", { unschedulable: true }), node("b")], pod(), "b"],
    ["unless tolerated", [node("a", { unschedulable: true })], pod(cordonTolerant), "a"],
    ["a taint keeps it away", [node("a", tainted), node("b")], pod(), "b"],
    ["unless tolerated", [node("a", tainted)], pod(tolerant), "a"],
    [
      "a soft taint only costs score",
      [node("a", { taints: [{ key: "k", effect: "PreferNoSchedule" }] }), node("b")],
      pod(),
      "b",
    ],
    [
      "a node selector",
      [node("a"), node("b", { labels: { disk: "ssd" } })],
      pod({ nodeSelector: { disk: "ssd" } }),
      "b",
    ],
    [
      "affinity In",
      [node("a", { labels: { z: "1" } }), node("b", { labels: { z: "2" } })],
      pod(affinity("z", "In", ["2", "3"])),
      "b",
    ],
    [
      "affinity NotIn holds without the label",
      [node("a", { labels: { z: "1" } }), node("b")],
      pod(affinity("z", "NotIn", ["1"])),
      "b",
    ],
    [
      "affinity Gt",
      [node("a", { labels: { z: "3" } }), node("b", { labels: { z: "12" } })],
      pod(affinity("z", "Gt", ["5"])),
      "b",
    ],
    [
      "affinity DoesNotExist",
      [node("a", { labels: { z: "" } }), node("b")],
      pod(affinity("z", "DoesNotExist", [])),
      "b",
    ],
    ["requests that fit", [node("a", { cpu: "1" })], pod({}, { cpu: "1" }), "a"],
  ])("%s", (_, nodes, wanted, where) => expect(placed(decide(nodes, wanted))).toEqual(where));

  test("pods that are there count", () => {
    const nodes = [node("a", { cpu: "1" }), node("b", { cpu: "1" })];
    const verdict = decide(nodes, pod({}, { cpu: "600m" }), [[pod({}, { cpu: "500m" }), "a"]]);
    expect(placed(verdict)).toBe("b");
  });

  test("a host port is taken once for each address and protocol", () => {
    const port = (hostPort: number, hostIP?: string, protocol?: string) =>
      pod({
        containers: [{ name: "c", ports: [{ containerPort: 1, hostPort, hostIP, protocol }] }],
      });
    const there = port(80);
    const rows: [Pod, boolean][] = [
      [port(80), false],
      [port(81), true],
      [port(80, "10.0.0.1"), false],
      [port(80, undefined, "UDP"), true],
    ];
    for (const [wanted, fits] of rows) {
      expect(decide([node("a")], wanted, [[there, "a"]]).type).toBe(fits ? "Place" : "Refuse");
    }
  });
});

describe("requests", () => {
  const container = (cpu: string, restartPolicy?: string) => ({
    name: `c${cpu}${restartPolicy ?? ""}`,
    resources: { requests: { cpu } },
    ...(restartPolicy ? { restartPolicy } : {}),
  });
  test.each<[string, Pod["spec"], number]>([
    ["containers add up", { containers: [container("1"), container("500m")] }, 1_500],
    [
      "the largest init container counts when larger",
      { containers: [container("1")], initContainers: [container("3"), container("2")] },
      3_000,
    ],
    [
      "a sidecar runs beside what follows",
      { containers: [container("1")], initContainers: [container("1", "Always"), container("2")] },
      3_000,
    ],
    ["overhead comes on top", { containers: [container("1")], overhead: { cpu: "250m" } }, 1_250],
    [
      "pod-level requests take their place",
      { containers: [container("1")], resources: { requests: { cpu: "2" } } },
      2_000,
    ],
  ])("%s", (_, spec, cpu) => {
    expect(factsOf({ metadata: { uid: "x" }, spec }).requests.get("cpu")).toBe(cpu);
  });
});

describe("what is said when no node does", () => {
  test("counts the reasons", () => {
    const nodes = [
      node("a", { cpu: "1" }),
      node("b", { cpu: "1" }),
      node("c", { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] }),
    ];
    expect(placed(decide(nodes, pod({}, { cpu: "2" })))).toBe(
      "0/3 nodes are available: 1 node(s) had untolerated taint {k: v}, 2 Insufficient cpu. " +
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
  });

  test("tells where preemption found nobody to evict", () => {
    const verdict = decide([node("a", { cpu: "1" })], pod({}, { cpu: "600m" }), [
      [pod({}, { cpu: "500m" }), "a"],
    ]);
    expect(placed(verdict)).toBe(
      "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: " +
        "1 No preemption victims found for incoming pod.",
    );
  });

  test("without nodes", () => {
    expect(placed(decide([], pod()))).toBe("no nodes available to schedule pods");
  });
});

describe("scores", () => {
  test("prefer the emptier node", () => {
    const verdict = decide([node("a"), node("b")], pod({}, { cpu: "1" }), [
      [pod({}, { cpu: "2", memory: "4Gi" }), "a"],
    ]);
    expect(placed(verdict)).toBe("b");
  });

  test("prefer what the pod prefers", () => {
    const preferring = pod({
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 10, preference: { matchExpressions: [{ key: "z", operator: "Exists" }] } },
          ],
        },
      },
    });
    expect(placed(decide([node("a"), node("b", { labels: { z: "" } })], preferring))).toBe("b");
  });

  test("prefer a node that has the image", () => {
    const nodes = [node("a"), node("b", { images: ["app:latest"] })];
    expect(placed(decide(nodes, pod()))).toBe("b");
  });

  test("of equals the draw decides", () => {
    const snapshot = new Snapshot();
    for (const name of ["a", "b", "c"]) snapshot.putNode(node(name));
    const at = (draw: number) =>
      placed(schedule(factsOf(pod()), snapshot, defaultProfile, { start: 0, draw }));
    expect([at(0), at(0.4), at(0.99)]).toEqual(["a", "b", "c"]);
  });
});

/** A small generator of repeatable numbers (mulberry32). */
function numbers(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("random clusters", () => {
  test.each([1, 2, 3, 4, 5])("seed %i: no node is over-committed, none is missed", (seed) => {
    const next = numbers(seed);
    const snapshot = new Snapshot();
    for (let index = 0; index < 20; index += 1) {
      const cpu = String(1 + Math.floor(next() * 4));
      snapshot.putNode(node(`n${index}`, { cpu, pods: String(2 + Math.floor(next() * 5)) }));
    }
    for (let step = 0; step < 120; step += 1) {
      const facts = factsOf(pod({}, { cpu: `${100 + Math.floor(next() * 900)}m` }));
      const chance = { start: Math.floor(next() * 20), draw: next() };
      const verdict = schedule(facts, snapshot, defaultProfile, chance);
      expect(schedule(facts, snapshot, defaultProfile, chance)).toEqual(verdict);
      const wanted = facts.requests.get("cpu") ?? 0;
      const fitting = snapshot
        .nodes()
        .filter(
          ({ allocatable, requested, pods, podsMax }) =>
            pods.size < podsMax &&
            wanted <= (allocatable.get("cpu") ?? 0) - (requested.get("cpu") ?? 0),
        );
      expect(verdict.type).toBe(fitting.length > 0 ? "Place" : "Refuse");
      if (verdict.type === "Place") {
        expect(fitting.map(({ name }) => name)).toContain(verdict.node);
        snapshot.place(facts, verdict.node);
      }
    }
  });

  test("sums equal a full recount after any sequence of events", () => {
    const next = numbers(11);
    const snapshot = new Snapshot();
    const living = new Map<string, { facts: ReturnType<typeof factsOf>; where: string }>();
    const names = ["a", "b", "c", "d"];
    const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)];
    for (let step = 0; step < 600; step += 1) {
      const name = pick(names) ?? "a";
      const chance = next();
      if (chance < 0.2) snapshot.putNode(node(name));
      else if (chance < 0.3) snapshot.removeNode(name);
      else if (chance < 0.7) {
        const facts = factsOf(pod({}, { cpu: `${Math.ceil(next() * 9)}00m` }));
        living.set(facts.pod.metadata?.uid ?? "", { facts, where: name });
        snapshot.place(facts, name);
      } else {
        const [uid, gone] = pick([...living]) ?? [];
        if (uid === undefined || !gone) continue;
        living.delete(uid);
        snapshot.remove(gone.facts.pod);
      }
      for (const info of snapshot.nodes()) {
        const own = [...living.values()].filter(({ where }) => where === info.name);
        const cpu = own.reduce((sum, { facts }) => sum + (facts.requests.get("cpu") ?? 0), 0);
        expect(info.requested.get("cpu") ?? 0).toBe(cpu);
        expect(info.pods.size).toBe(own.length);
      }
    }
  });
});
