import { expect, test } from "vitest";
import { reconcile } from "./decide.ts";

const volume = (deleted: boolean, phase: string, finalizers = ["kubernetes.io/pv-protection"]) => ({
  metadata: { finalizers, ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
  status: { phase },
});

test.each<[string, ReturnType<typeof volume>, number]>([
  ["a volume that stays", volume(false, "Available"), 0],
  ["a leaving one", volume(true, "Available"), 1],
  ["a leaving one that was released", volume(true, "Released"), 1],
  ["a leaving one that is bound", volume(true, "Bound"), 0],
  ["one that others hold", volume(true, "Available", ["example.com/x"]), 0],
])("%s", (_, each, drops) => expect(reconcile(each).actions).toHaveLength(drops));
