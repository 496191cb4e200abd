import { describe, expect, test } from "vitest";
import type { KubeObject } from "#libs/api/resource.ts";
import { hasOwners, prepare } from "./importing.ts";

const uids = new Map([["old", "new"]]);
const of = (apiVersion: string, kind: string, metadata: object, rest: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "a", namespace: "n", ...metadata },
  ...rest,
});
const owner = (uid: string, controller = false) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  name: "d",
  uid,
  controller,
});

describe("an object that is imported", () => {
  test.each<[string, KubeObject, object]>([
    [
      "loses what the server makes",
      of(
        "v1",
        "ConfigMap",
        {
          uid: "u",
          resourceVersion: "7",
          generation: 2,
          creationTimestamp: "t",
          labels: { a: "b" },
          managedFields: [{}],
        },
        { data: { k: "v" }, status: { phase: "x" } },
      ),
      { metadata: { name: "a", namespace: "n", labels: { a: "b" } }, data: { k: "v" } },
    ],
    [
      "finds its owners by their new uids, and forgets others",
      of("v1", "ConfigMap", { ownerReferences: [owner("old"), owner("lost")] }),
      { metadata: { name: "a", namespace: "n", ownerReferences: [owner("new")] } },
    ],
    [
      "gets another cluster IP",
      of("v1", "Service", {}, { spec: { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], a: 1 } }),
      { spec: { a: 1 } },
    ],
    [
      "stays headless",
      of("v1", "Service", {}, { spec: { clusterIP: "None" } }),
      {
        spec: { clusterIP: "None" },
      },
    ],
    [
      "is scheduled again",
      of("v1", "Pod", {}, { spec: { nodeName: "x", a: 1 } }),
      {
        spec: { a: 1 },
      },
    ],
    [
      "is bound by its claim's name",
      of("v1", "PersistentVolume", {}, { spec: { claimRef: { name: "c", uid: "u" } } }),
      { spec: { claimRef: { name: "c" } } },
    ],
    [
      "gets another selector for its pods",
      of(
        "batch/v1",
        "Job",
        { labels: { "controller-uid": "u", app: "a" } },
        {
          spec: {
            selector: {},
            template: { metadata: { labels: { "batch.kubernetes.io/controller-uid": "u" } } },
          },
        },
      ),
      {
        metadata: { name: "a", namespace: "n", labels: { app: "a" } },
        spec: { template: { metadata: { labels: {} } } },
      },
    ],
  ])("%s", (_, object, expected) => {
    const before = structuredClone(object);
    const prepared = prepare(object, uids);
    expect(prepared.type).toBe("make");
    const { metadata = {}, ...rest } = expected as KubeObject;
    expect(prepared).toMatchObject({ object: rest });
    if (expected.hasOwnProperty("metadata") && prepared.type === "make") {
      expect(prepared.object.metadata).toEqual(metadata);
      expect(prepared.object).not.toHaveProperty("status");
    }
    if (prepared.type === "make" && "spec" in expected) {
      expect(prepared.object["spec"]).toEqual(expected.spec);
    }
    expect(object).toEqual(before);
  });

  test.each<[KubeObject, RegExp]>([
    [of("v1", "Pod", { ownerReferences: [owner("old", true)] }), /Deployment d makes it/],
    [of("v1", "Event", {}), /past/],
    [of("v1", "Node", {}), /kubelet/],
    [of("coordination.k8s.io/v1", "Lease", {}), /holds it/],
    [of("v1", "ConfigMap", { name: "kube-root-ca.crt" }), /its own/],
    [of("v1", "Endpoints", { name: "kubernetes", namespace: "default" }), /its own/],
    [of("v1", "ConfigMap", { deletionTimestamp: "t" }), /being deleted/],
    [of("v1", "Secret", {}, { type: "kubernetes.io/service-account-token" }), /another cluster/],
  ])("%j is left out", (object, why) => {
    expect(prepare(object, uids)).toMatchObject({ type: "leaveOut" });
    expect(JSON.stringify(prepare(object, uids))).toMatch(why);
  });

  test("is made with everybody's own service of that name elsewhere", () => {
    const service = of("v1", "Service", { name: "kubernetes", namespace: "other" });
    expect(prepare(service, uids).type).toBe("make");
    expect(hasOwners(service)).toBe(false);
  });
});
