import { describe, expect, it } from "vitest";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import type { DeleteOptions } from "../request.ts";
import { checkPreconditions, decideDelete, finishesDeletion } from "./delete.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const facts = { now, verb: "delete", subresource: "", user: "u", uuid: () => "uuid" } as const;

const plain = { group: "", plural: "configmaps", defaultPropagation: "background" };
const graceful = {
  ...plain,
  plural: "pods",
  gracefulDeletion: (_object: KubeObject, asked: number | undefined) => ({
    gracePeriodSeconds: asked ?? 30,
  }),
};

type Expected = { type: string; metadata?: ObjectMeta };
const cases: readonly [
  title: string,
  definition: object,
  metadata: ObjectMeta,
  options: Partial<DeleteOptions>,
  expected: Expected,
][] = [
  ["goes at once", plain, {}, {}, { type: "remove", metadata: {} }],
  [
    "waits for finalizers",
    plain,
    { finalizers: ["e.com/a"] },
    {},
    {
      type: "mark",
      metadata: {
        finalizers: ["e.com/a"],
        deletionTimestamp: "2026-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 0,
      },
    },
  ],
  [
    "waits for its dependents in the foreground",
    plain,
    {},
    { propagationPolicy: "Foreground" },
    {
      type: "mark",
      metadata: {
        finalizers: ["foregroundDeletion"],
        deletionTimestamp: "2026-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 0,
      },
    },
  ],
  [
    "orphans with the old option too",
    plain,
    { finalizers: ["foregroundDeletion"], deletionTimestamp: "2025-01-01T00:00:00Z" },
    { orphanDependents: true },
    {
      type: "mark",
      metadata: {
        finalizers: ["orphan"],
        deletionTimestamp: "2025-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 0,
      },
    },
  ],
  [
    "gets its grace, and a new generation",
    graceful,
    { generation: 1 },
    {},
    {
      type: "mark",
      metadata: {
        generation: 2,
        deletionTimestamp: "2026-01-01T00:00:30Z",
        deletionGracePeriodSeconds: 30,
      },
    },
  ],
  [
    "without grace goes, marked",
    graceful,
    {},
    { gracePeriodSeconds: 0 },
    {
      type: "remove",
      metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 },
    },
  ],
  [
    "is not put off once it began",
    graceful,
    { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 },
    { gracePeriodSeconds: 40 },
    { type: "pending" },
  ],
  [
    "goes when it was marked to go at once",
    graceful,
    { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 },
    {},
    {
      type: "remove",
      metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 },
    },
  ],
  [
    "is hurried by a shorter grace",
    graceful,
    { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 },
    { gracePeriodSeconds: 10 },
    {
      type: "mark",
      metadata: { deletionTimestamp: "2026-01-01T00:00:10Z", deletionGracePeriodSeconds: 10 },
    },
  ],
];

describe("an object that is deleted", () => {
  it.each(cases)("%s", (_title, definition, metadata, options, expected) => {
    const decision = decideDelete(
      definition as ResourceDefinition,
      { metadata },
      { dryRun: false, ...options },
      facts,
    );
    expect(decision.type).toBe(expected.type);
    if (decision.type === "mark") expect(decision.draft.metadata).toEqual(expected.metadata);
    if (decision.type === "remove") expect(decision.last.metadata).toEqual(expected.metadata);
  });

  it("must be the one that is meant", () => {
    const resource = { group: "", name: "pods" };
    const metadata = { name: "p", uid: "1", resourceVersion: "7" };
    const check = (preconditions: DeleteOptions["preconditions"]) => () =>
      checkPreconditions(resource, metadata, preconditions);
    expect(check({ uid: "1", resourceVersion: "7" })).not.toThrow();
    expect(check({ uid: "2" })).toThrow(/UID in precondition: 2, UID in object meta: 1$/);
    expect(check({ resourceVersion: "6" })).toThrow(/ResourceVersion in object meta: 7$/);
  });
});

describe("an update finishes a deletion", () => {
  const cases: readonly [object: object, finished: boolean][] = [
    [{ metadata: {} }, false],
    [{ metadata: { deletionTimestamp: "t", deletionGracePeriodSeconds: 0 } }, true],
    [{ metadata: { deletionTimestamp: "t", finalizers: ["a.b/c"] } }, false],
    [{ metadata: { deletionTimestamp: "t", deletionGracePeriodSeconds: 30 } }, false],
    [{ metadata: { deletionTimestamp: "t" }, spec: { finalizers: ["kubernetes"] } }, false],
    [{ metadata: { deletionTimestamp: "t" }, spec: {} }, true],
  ];
  it.each(cases)("%j: %j", (object, finished) => {
    expect(finishesDeletion(object as KubeObject)).toBe(finished);
  });
});
