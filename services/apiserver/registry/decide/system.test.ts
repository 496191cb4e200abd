import { describe, expect, it } from "vitest";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import {
  changesNothing,
  countGeneration,
  dropDeletion,
  keepIdentity,
  stampCreation,
} from "./system.ts";

const now = Date.parse("2026-01-02T03:04:05.678Z");
const creation = { now, uid: "uid", random: () => 0 };
const counting = { countsGeneration: true } as ResourceDefinition;
const plain = { countsGeneration: false } as ResourceDefinition;

describe("a new object", () => {
  const stamp = { uid: "uid", creationTimestamp: "2026-01-02T03:04:05Z" };
  const cases: readonly [
    title: string,
    definition: ResourceDefinition,
    given: ObjectMeta,
    expected: ObjectMeta,
  ][] = [
    ["gets uid and time", plain, { name: "a" }, { name: "a", ...stamp }],
    ["cannot choose them", plain, { name: "a", uid: "x", selfLink: "/" }, { name: "a", ...stamp }],
    ["keeps what is not counted", plain, { generation: 9 }, { generation: 9, ...stamp }],
    ["is of the first generation", counting, { generation: 9 }, { generation: 1, ...stamp }],
    [
      "gets a name",
      plain,
      { generateName: "a-" },
      { generateName: "a-", name: "a-bbbbb", ...stamp },
    ],
    [
      "keeps a name that it has",
      plain,
      { generateName: "a-", name: "b" },
      { generateName: "a-", name: "b", ...stamp },
    ],
  ];
  it.each(cases)("%s", (_title, definition, given, expected) => {
    const draft: KubeObject = { metadata: { ...given } };
    stampCreation(definition, draft, creation);
    expect(draft.metadata).toEqual(expected);
  });

  it("is not about to go", () => {
    const metadata = { name: "a", deletionTimestamp: "t", deletionGracePeriodSeconds: 5 };
    const draft: KubeObject = { metadata };
    dropDeletion(draft);
    expect(draft.metadata).toEqual({ name: "a" });
  });
});

describe("a changed object", () => {
  const old: ObjectMeta = { uid: "u", creationTimestamp: "c", generation: 3 };
  const cases: readonly [title: string, given: ObjectMeta, old: ObjectMeta, kept: ObjectMeta][] = [
    ["keeps what it leaves out", {}, old, old],
    ["cannot change its age", { creationTimestamp: "x", generation: 9 }, old, old],
    ["may name another uid, to be refused", { uid: "x" }, old, { ...old, uid: "x" }],
    [
      "stays in deletion",
      {},
      { ...old, deletionTimestamp: "d", deletionGracePeriodSeconds: 30 },
      { ...old, deletionTimestamp: "d", deletionGracePeriodSeconds: 30 },
    ],
    ["without a generation has none", { generation: 9 }, { uid: "u" }, { uid: "u" }],
  ];
  it.each(cases)("%s", (_title, given, before, kept) => {
    const draft: KubeObject = { metadata: { ...given } };
    keepIdentity(draft, { metadata: before });
    expect(draft.metadata).toEqual(kept);
  });
});

describe("the generation", () => {
  const object = (spec: object, generation = 3) =>
    ({ metadata: { generation }, spec }) as KubeObject;
  const cases: readonly [
    title: string,
    definition: ResourceDefinition,
    draft: KubeObject,
    generation: number,
  ][] = [
    ["counts a changed spec", counting, object({ a: 2 }), 4],
    ["does not count the same spec", counting, object({ a: 1 }), 3],
    ["does not count an empty list more", counting, object({ a: 1, b: [] }), 3],
    ["is counted once when the kind did so itself", counting, object({ a: 2 }, 4), 4],
    ["is not counted for other kinds", plain, object({ a: 2 }), 3],
  ];
  it.each(cases)("%s", (_title, definition, draft, generation) => {
    countGeneration(definition, draft, object({ a: 1 }));
    expect(draft.metadata?.generation).toBe(generation);
  });
});

describe("a write changes nothing", () => {
  const entry = { manager: "m", operation: "Update", time: "t1" };
  const old: KubeObject = { metadata: { resourceVersion: "1", managedFields: [entry] } };
  const cases: readonly [title: string, metadata: ObjectMeta, nothing: boolean][] = [
    ["when all is the same", { managedFields: [entry] }, true],
    ["when only times differ", { managedFields: [{ ...entry, time: "t2" }] }, true],
    ["unless another writes", { managedFields: [{ ...entry, manager: "n" }] }, false],
    ["unless a label is new", { labels: { a: "b" }, managedFields: [entry] }, false],
  ];
  it.each(cases)("%s", (_title, metadata, nothing) => {
    expect(changesNothing({ metadata }, old)).toBe(nothing);
  });
});
