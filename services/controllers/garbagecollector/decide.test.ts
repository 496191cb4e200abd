import { describe, expect, test } from "vitest";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import { type Action, type Observed, type Owner, reconcile } from "./decide.ts";
import { Graph } from "./graph.ts";

const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z" };
const owner = (uid: string, state: Owner["state"]): Owner => ({ reference: { uid }, state });
const dependent = (key: string, blockOwnerDeletion = true, more = {}) => ({
  key,
  object: { metadata: { ownerReferences: [{ uid: "me", blockOwnerDeletion }], ...more } },
});
const object = (metadata: KubeObject["metadata"] = {}): KubeObject => ({
  metadata: { uid: "me", ...metadata },
});
const look = (more: Partial<Observed>) =>
  reconcile({ object: object(), owners: [], dependents: [], ...more }).actions;

describe("an object with owners", () => {
  const orphaning = object({ finalizers: ["orphan"] });
  test.each<[string, Partial<Observed>, Action[]]>([
    ["that are there stays", { owners: [owner("a", "present")] }, []],
    [
      "of which none is there goes",
      { owners: [owner("a", "absent")] },
      [{ type: "DeleteObject", policy: "Background" }],
    ],
    [
      "of which one is there loses the others",
      { owners: [owner("a", "present"), owner("b", "absent"), owner("c", "waiting")] },
      [{ type: "DropOwners", uids: ["b", "c"] }],
    ],
    [
      "that wait for it goes",
      { owners: [owner("a", "waiting")] },
      [{ type: "DeleteObject", policy: "Background" }],
    ],
    [
      "that wait for it, with dependents of its own, goes after those",
      { owners: [owner("a", "waiting")], dependents: [dependent("x")] },
      [{ type: "DeleteObject", policy: "Foreground" }],
    ],
    [
      "goes as its finalizer says",
      { object: orphaning, owners: [owner("a", "absent")] },
      [{ type: "DeleteObject", policy: "Orphan" }],
    ],
    ["that has none is left alone", {}, []],
  ])("%s", (_, more, actions) => expect(look(more)).toEqual(actions));
});

describe("an object that is being deleted", () => {
  const foreground = object({ ...leaving, finalizers: ["foregroundDeletion"] });
  const orphan = object({ ...leaving, finalizers: ["orphan"] });
  test.each<[string, Partial<Observed>, Action[]]>([
    ["in the background needs nothing", { object: object(leaving) }, []],
    [
      "in the foreground goes when nothing depends on it",
      { object: foreground },
      [{ type: "DropFinalizer", finalizer: "foregroundDeletion" }],
    ],
    [
      "in the foreground waits for what blocks it",
      { object: foreground, dependents: [dependent("x"), dependent("y", true, leaving)] },
      [{ type: "Visit", key: "x" }],
    ],
    [
      "in the foreground does not wait for the rest",
      { object: foreground, dependents: [dependent("x", false)] },
      [{ type: "DropFinalizer", finalizer: "foregroundDeletion" }],
    ],
    [
      "leaving orphans cuts their ties first",
      { object: orphan, dependents: [dependent("x")] },
      [
        { type: "OrphanDependent", key: "x" },
        { type: "DropFinalizer", finalizer: "orphan" },
      ],
    ],
  ])("%s", (_, more, actions) => expect(look(more)).toEqual(actions));
});

describe("the graph", () => {
  const pods = { plural: "pods", group: "" } as ResourceDefinition;
  const sets = { plural: "replicasets", group: "apps" } as ResourceDefinition;
  const pod = (name: string, ownerUid: string) => ({
    metadata: { namespace: "a", name, uid: name, ownerReferences: [{ uid: ownerUid }] },
  });
  const keys = (graph: Graph, uid: string) => graph.dependentsOf(uid).map(({ key }) => key);

  test("knows dependents of owners that it never saw", () => {
    const graph = new Graph();
    graph.put(pods, pod("p", "rs"));
    expect(keys(graph, "rs")).toEqual(["pods./a/p"]);
    expect(graph.byUid("rs")).toBeUndefined();
    graph.put(sets, { metadata: { namespace: "a", name: "web", uid: "rs" } });
    expect(graph.byUid("rs")?.key).toBe("replicasets.apps/a/web");
  });

  test("follows a change of owner, and an end", () => {
    const graph = new Graph();
    graph.put(pods, pod("p", "old"));
    graph.put(pods, pod("p", "new"));
    expect(keys(graph, "old")).toEqual([]);
    expect(keys(graph, "new")).toEqual(["pods./a/p"]);
    graph.remove(pods, pod("p", "new"));
    expect(keys(graph, "new")).toEqual([]);
    expect(graph.byUid("p")).toBeUndefined();
  });

  test("tells two objects of one name apart by uid", () => {
    const graph = new Graph();
    graph.put(pods, { metadata: { namespace: "a", name: "p", uid: "1" } });
    graph.put(pods, { metadata: { namespace: "a", name: "p", uid: "2" } });
    expect(graph.byUid("1")).toBeUndefined();
    expect(graph.byUid("2")?.uid).toBe("2");
  });
});
