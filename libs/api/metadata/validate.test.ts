import { describe, expect, it } from "vitest";
import type { ObjectMeta } from "#proto/gen/k8s/meta/v1.ts";
import { fieldErrorText } from "../errors.ts";
import { validateMetadata, validateMetadataUpdate } from "./validate.ts";

const rules = { scope: "Namespaced", nameRule: "dnsSubdomain" } as const;
const good: ObjectMeta = { name: "a", namespace: "n" };

const created: readonly [title: string, metadata: ObjectMeta, errors: readonly string[]][] = [
  ["nothing wrong", { ...good, labels: { a: "b" }, annotations: { "X/y": " any " } }, []],
  [
    "no name",
    { namespace: "n" },
    ["metadata.name: Required value: name or generateName is required"],
  ],
  ["no namespace", { name: "a" }, ["metadata.namespace: Required value"]],
  [
    "an owner without identity",
    { ...good, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "", uid: "" }] },
    [
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  ],
  [
    "a finalizer without domain",
    { ...good, finalizers: ["nodomain"] },
    [
      'metadata.finalizers[0]: Invalid value: "nodomain": ' +
        "name is neither a standard finalizer name nor is it fully qualified",
    ],
  ],
  [
    "finalizers that contradict",
    { ...good, finalizers: ["orphan", "foregroundDeletion"] },
    [
      'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: ' +
        "finalizer orphan and foregroundDeletion cannot be both set",
    ],
  ],
  [
    "annotations that are too large",
    { ...good, annotations: { a: "x".repeat(256 * 1024) } },
    ["metadata.annotations: Too long: may not be more than 262144 bytes"],
  ],
];

const old: ObjectMeta = {
  ...good,
  uid: "1",
  creationTimestamp: "2026-01-01T00:00:00Z",
  resourceVersion: "5",
};

const updated: readonly [title: string, change: ObjectMeta, old: ObjectMeta, errors: string[]][] = [
  ["nothing wrong", { labels: { a: "b" } }, old, []],
  ["another uid", { uid: "2" }, old, ['metadata.uid: Invalid value: "2": field is immutable']],
  [
    "a new finalizer in a deletion",
    { deletionTimestamp: "t", finalizers: ["e.com/b", "e.com/a"] },
    { ...old, deletionTimestamp: "t", finalizers: ["e.com/a"] },
    [
      "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being " +
        'deleted, found new finalizers []string{"e.com/b"}',
    ],
  ],
];

describe("metadata", () => {
  it.each(created)("of a new object with %s", (_title, metadata, errors) => {
    expect(validateMetadata(metadata, rules).map(fieldErrorText)).toEqual(errors);
  });

  it("of cluster scope has no namespace", () => {
    const errors = validateMetadata(good, { scope: "Cluster", nameRule: "dnsLabel" });
    expect(errors.map(fieldErrorText)).toEqual([
      "metadata.namespace: Forbidden: not allowed on this type",
    ]);
  });

  it.each(updated)("of a changed object with %s", (_title, change, before, errors) => {
    const found = validateMetadataUpdate({ ...before, ...change }, before);
    expect(found.map(fieldErrorText)).toEqual(errors);
  });
});
