import { expect, test } from "vitest";
import type { Pod, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import { mergeStatus } from "./status.ts";

const spec = { containers: [{ name: "c" }] };

const merged = (status: PodStatus, old: PodStatus) =>
  mergeStatus({ spec: { nodeName: "other" }, status }, { spec, status: old });

test("the spec and the owners stay, labels come", () => {
  const owned = { ownerReferences: [{ name: "o" }] };
  const pod: Pod = { metadata: { labels: { a: "b" } }, spec: { nodeName: "x" }, status: {} };
  expect(mergeStatus(pod, { metadata: owned, spec })).toEqual({
    metadata: { labels: { a: "b" }, ...owned },
    spec,
    status: {},
  });
});

test("the quality of service comes back when it was dropped", () => {
  expect(merged({}, { qosClass: "Burstable" }).status).toEqual({ qosClass: "Burstable" });
});

test("an observed generation is not cleared, of the pod or of a condition", () => {
  const old: PodStatus = {
    observedGeneration: 2,
    conditions: [
      { type: "Ready", observedGeneration: 2 },
      { type: "Ready", observedGeneration: 1 },
    ],
  };
  const given: PodStatus = {
    conditions: [{ type: "Ready" }, { type: "Ready", observedGeneration: 3 }, { type: "Other" }],
  };
  expect(merged(given, old).status).toEqual({
    observedGeneration: 2,
    conditions: [
      { type: "Ready", observedGeneration: 2 },
      { type: "Ready", observedGeneration: 3 },
      { type: "Other" },
    ],
  });
});
