import { expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { PersistentVolumeClaim } from "#proto/gen/k8s/core/v1.ts";
import { defaultStorageClass } from "./defaultstorageclass.ts";
import { persistentVolumeClaimResize } from "./persistentvolumeclaimresize.ts";
import type { AdmissionReader, AdmissionRequest } from "./plugin.ts";

const place = {
  definition: { group: "", plural: "persistentvolumeclaims" },
  namespace: "n",
  name: "data",
  subresource: "",
};

const storageClass = (name: string, minute: number, annotations = {}): KubeObject => ({
  metadata: { name, annotations, creationTimestamp: `2026-01-01T00:0${minute}:00Z` },
});
const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };
const wasDefault = { "storageclass.beta.kubernetes.io/is-default-class": "true" };
const named = { annotations: { "volume.beta.kubernetes.io/storage-class": "own" } };

test.each<[string, PersistentVolumeClaim, KubeObject[], string | undefined]>([
  ["no default", {}, [storageClass("a", 1)], undefined],
  ["one", {}, [storageClass("a", 1), storageClass("b", 2, isDefault)], "b"],
  ["by the old name", {}, [storageClass("a", 1, wasDefault)], "a"],
  ["the newest", {}, [storageClass("a", 1, isDefault), storageClass("b", 2, isDefault)], "b"],
  ["by name", {}, [storageClass("b", 1, isDefault), storageClass("a", 1, isDefault)], "a"],
  ["chosen", { spec: { storageClassName: "own" } }, [storageClass("a", 1, isDefault)], "own"],
  ["none, chosen", { spec: { storageClassName: "" } }, [storageClass("a", 1, isDefault)], ""],
  ["chosen by annotation", { metadata: named }, [storageClass("a", 1, isDefault)], undefined],
])("default storage class: %s", async (_name, draft, classes, expected) => {
  const reader = { list: () => classes } as unknown as AdmissionReader;
  const request = { operation: "create", place, draft } as unknown as AdmissionRequest;
  await defaultStorageClass.mutate?.(request, reader);
  expect(draft.spec?.storageClassName).toBe(expected);
});

const claim = (storage: string, phase = "Bound", storageClassName = "grows") => ({
  spec: { storageClassName, resources: { requests: { storage } } },
  status: { phase },
});
const notHere =
  "only dynamically provisioned pvc can be resized and " +
  "the storageclass that provisions the pvc must support resize";

test.each<[string, object, object, string]>([
  ["the same", claim("1Gi"), claim("1024Mi"), "admitted"],
  ["less", claim("2Gi", "Pending"), claim("1Gi", "Pending"), "admitted"],
  ["more", claim("1Gi"), claim("2Gi"), "admitted"],
  [
    "more, not bound",
    claim("1Gi", "Pending"),
    claim("2Gi", "Pending"),
    "Only bound persistent volume claims can be expanded",
  ],
  [
    "more, of a class that does not",
    claim("1Gi", "Bound", "x"),
    claim("2Gi", "Bound", "x"),
    notHere,
  ],
  ["more, of no class", claim("1Gi", "Bound", ""), claim("2Gi", "Bound", ""), notHere],
])("a claim asks for %s", async (_name, old, draft, expected) => {
  const cached = (_resource: string, _namespace: string, name: string) =>
    name === "grows" ? { allowVolumeExpansion: true } : undefined;
  const reader = { cached } as unknown as AdmissionReader;
  const request = { operation: "update", place, draft, old } as unknown as AdmissionRequest;
  const said = await Promise.resolve()
    .then(() => persistentVolumeClaimResize.validate?.(request, reader))
    .then(() => "admitted")
    .catch((error: StatusError) => error.message.replace(/^.*is forbidden: /, ""));
  expect(said).toBe(expected);
});
