import { expect, test } from "vitest";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { claimsOf, reconcile } from "./decide.ts";

const claim = (deleted: boolean, finalizers = ["kubernetes.io/pvc-protection"]) => ({
  metadata: { finalizers, ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
});
const pod = (nodeName: string, phase = "Running"): Pod => ({
  spec: { nodeName },
  status: { phase },
});

test.each<[string, ReturnType<typeof claim>, Pod[], number]>([
  ["a claim that stays", claim(false), [], 0],
  ["a leaving one that nobody uses", claim(true), [], 1],
  ["a leaving one in use", claim(true), [pod("n1")], 0],
  ["used by a pod that is over", claim(true), [pod("n1", "Succeeded")], 1],
  ["named by a pod without a node", claim(true), [pod("")], 1],
  ["one that others hold", claim(true, ["example.com/x"]), [], 0],
])("%s", (_, each, pods, drops) => {
  expect(reconcile({ claim: each, pods }).actions).toHaveLength(drops);
});

test("a pod's claims are those of its volumes, made ones included", () => {
  const volumes = [
    { name: "a", persistentVolumeClaim: { claimName: "data" } },
    { name: "b", ephemeral: {} },
    { name: "c", emptyDir: {} },
  ];
  expect(claimsOf({ metadata: { name: "p" }, spec: { volumes } })).toEqual(["data", "p-b"]);
});
