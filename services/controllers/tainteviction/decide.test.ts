import { expect, test } from "vitest";
import type { Pod, Taint, Toleration } from "#proto/gen/k8s/core/v1.ts";
import { reconcile } from "./decide.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const taint = { key: "k", effect: "NoExecute", timeAdded: "2026-01-01T11:59:00Z" };
const pod = (tolerations: Toleration[], more: Pod = {}): Pod => ({
  spec: { tolerations },
  ...more,
});
const leaving = { metadata: { deletionTimestamp: "2026-01-01T11:00:00Z" } };
const seconds = (tolerationSeconds: number) => [{ operator: "Exists", tolerationSeconds }];

test.each<[string, Pod, Taint[], number, number | undefined]>([
  ["no taint, no reason", pod([]), [], 0, undefined],
  ["an untolerated taint", pod([]), [taint], 1, undefined],
  ["tolerated for good", pod([{ operator: "Exists" }]), [taint], 0, undefined],
  ["tolerated for a while", pod(seconds(300)), [taint], 0, 240_000],
  ["tolerated no longer", pod(seconds(60)), [taint], 1, undefined],
  [
    "one taint of two tolerated",
    pod([{ key: "k", operator: "Exists" }]),
    [taint, { ...taint, key: "x" }],
    1,
    undefined,
  ],
  ["leaving already", pod([], leaving), [taint], 0, undefined],
  ["over already", pod([], { status: { phase: "Failed" } }), [taint], 0, undefined],
])("%s", (_, each, taints, evictions, requeueAfterMs) => {
  const decision = reconcile({ pod: each, taints, now });
  expect(decision.actions).toHaveLength(evictions);
  expect(decision.requeueAfterMs).toBe(requeueAfterMs);
});
