import { describe, expect, test } from "vitest";
import type { Namespace } from "#proto/gen/k8s/core/v1.ts";
import { type Observed, reconcile } from "./decide.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const namespace = (more: Partial<Namespace> = {}): Namespace => ({
  metadata: { name: "a", deletionTimestamp: "2026-01-01T11:59:00Z" },
  spec: { finalizers: ["kubernetes"] },
  status: { phase: "Terminating" },
  ...more,
});
const pod = { name: "p", uid: "u", finalizers: [], isLeaving: false };
const look = (more: Partial<Observed> = {}) =>
  reconcile({ namespace: namespace(), remaining: [], failure: "", now, ...more });
const types = (more: Partial<Observed>) => look(more).actions.map(({ type }) => type);

describe("a namespace", () => {
  test.each<[string, Partial<Observed>, string[]]>([
    ["that lives is left alone", { namespace: { metadata: { name: "a" } } }, []],
    ["that is finalized already is left alone", { namespace: namespace({ spec: {} }) }, []],
    ["that is empty is let go", {}, ["UpdateConditions", "Finalize"]],
    [
      "with content is emptied",
      { remaining: [{ resource: "pods.", objects: [pod] }] },
      ["DeleteObject", "UpdateConditions"],
    ],
    [
      "whose content is leaving waits",
      { remaining: [{ resource: "pods.", objects: [{ ...pod, isLeaving: true }] }] },
      ["UpdateConditions"],
    ],
    ["that could not be listed is not let go", { failure: "no answer" }, ["UpdateConditions"]],
  ])("%s", (_, more, wanted) => expect(types(more)).toEqual(wanted));

  test("is looked at again, less and less often", () => {
    const remaining = [{ resource: "pods.", objects: [{ ...pod, isLeaving: true }] }];
    expect(look({ remaining }).requeueAfterMs).toBe(6_000);
    const deletionTimestamp = "2026-01-01T12:00:00Z";
    const fresh = namespace({ metadata: { name: "a", deletionTimestamp } });
    expect(look({ remaining, namespace: fresh }).requeueAfterMs).toBe(100);
    expect(look({ remaining, now: now + 86_400_000 }).requeueAfterMs).toBe(15_000);
  });

  test("tells what is left, in Kubernetes' words", () => {
    const held = { ...pod, finalizers: ["example.com/x"], isLeaving: true };
    const remaining = [
      { resource: "pods.", objects: [held] },
      { resource: "deployments.apps", objects: [pod, pod] },
    ];
    const action = look({ remaining }).actions.find(({ type }) => type === "UpdateConditions");
    const conditions = action?.type === "UpdateConditions" ? action.conditions : [];
    expect(conditions.map(({ type, status, message }) => [type, status, message])).toEqual([
      ["NamespaceDeletionDiscoveryFailure", "False", "All resources successfully discovered"],
      [
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "All legacy kube types successfully parsed",
      ],
      [
        "NamespaceDeletionContentFailure",
        "False",
        "All content successfully deleted, may be waiting on finalization",
      ],
      [
        "NamespaceContentRemaining",
        "True",
        "Some resources are remaining: deployments.apps has 2 resource instances, " +
          "pods. has 1 resource instances",
      ],
      [
        "NamespaceFinalizersRemaining",
        "True",
        "Some content in the namespace has finalizers remaining: " +
          "example.com/x in 1 resource instances",
      ],
    ]);
  });

  test("does not repeat what it told", () => {
    const first = look().actions.find(({ type }) => type === "UpdateConditions");
    const conditions = first?.type === "UpdateConditions" ? [...first.conditions] : [];
    const told = namespace({ status: { phase: "Terminating", conditions } });
    expect(types({ namespace: told, now: now + 5_000 })).toEqual(["Finalize"]);
  });
});
