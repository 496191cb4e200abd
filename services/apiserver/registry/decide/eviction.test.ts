import { describe, expect, test } from "vitest";
import type { StatusError } from "#libs/api/errors.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { PodDisruptionBudget } from "#proto/gen/k8s/policy/v1.ts";
import { budgetsOf, charged, chargedBudget } from "./eviction.ts";

const pod = (ready: boolean, phase = "Running", more: object = {}): Pod => ({
  metadata: { name: "p", labels: { app: "web" }, ...more },
  status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const budget = (
  status: PodDisruptionBudget["status"],
  spec: PodDisruptionBudget["spec"] = {},
): PodDisruptionBudget => ({ metadata: { name: "b", generation: 2 }, spec, status: status ?? {} });
const enough = budget({ currentHealthy: 2, desiredHealthy: 1 });
const few = budget({ currentHealthy: 0, desiredHealthy: 1 });
const always = budget(few.status, { unhealthyPodEvictionPolicy: "AlwaysAllow" });

test.each<[string, Pod, PodDisruptionBudget[], boolean]>([
  ["no budget", pod(true), [], false],
  ["a healthy pod", pod(true), [enough], true],
  ["a pending pod", pod(false, "Pending"), [few], false],
  ["an ended pod", pod(false, "Succeeded"), [few], false],
  ["a leaving pod", pod(true, "Running", { deletionTimestamp: "t" }), [few], false],
  ["a sick pod among enough healthy", pod(false), [enough], false],
  ["a sick pod among too few", pod(false), [few], true],
  ["a sick pod that may always go", pod(false), [always], false],
  ["several budgets of an ended pod", pod(false, "Failed"), [few, enough], false],
])("charged: %s", (_, one, budgets, wanted) => {
  expect(chargedBudget(one, budgets) !== undefined).toBe(wanted);
});

test("several budgets are too many", () => {
  expect(() => chargedBudget(pod(true), [enough, few])).toThrow("more than one");
});

test("budgets are found by their selectors", () => {
  const named = (name: string, selector?: object): PodDisruptionBudget => ({
    metadata: { name },
    spec: selector ? { selector } : {},
  });
  const all = [
    named("web", { matchLabels: { app: "web" } }),
    named("db", { matchLabels: { app: "db" } }),
    named("all", {}),
    named("none"),
  ];
  expect(budgetsOf(pod(true), all).map(({ metadata }) => metadata?.name)).toEqual(["web", "all"]);
});

describe("a charge", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const open = {
    observedGeneration: 2,
    disruptionsAllowed: 1,
    desiredHealthy: 1,
    currentHealthy: 2,
  };
  const refusal = (status: PodDisruptionBudget["status"]) => {
    try {
      charged(budget(status), "p", now);
      return undefined;
    } catch (error) {
      return error as StatusError;
    }
  };

  test("takes one and notes the pod", () => {
    expect(charged(budget(open), "p", now).status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { p: "2026-01-01T00:00:00Z" },
      conditions: [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods" }],
    });
  });

  test("is refused when nothing is left", () => {
    const error = refusal({ ...open, disruptionsAllowed: 0, currentHealthy: 1 });
    expect(error).toMatchObject({ code: 429, reason: "TooManyRequests" });
    expect(error?.status.details?.causes).toEqual([
      {
        reason: "DisruptionBudget",
        message: "The disruption budget b needs 1 healthy pods and has 1 currently",
      },
    ]);
  });

  test("waits for the controller to see the budget", () => {
    const error = refusal({ ...open, observedGeneration: 1 });
    expect(error?.status.details?.retryAfterSeconds).toBe(10);
  });

  test("is refused when too many are not confirmed", () => {
    const disruptedPods = Object.fromEntries(
      Array.from({ length: 2_001 }, (_, index) => [`p${index}`, "t"]),
    );
    expect(refusal({ ...open, disruptedPods })?.code).toBe(403);
  });
});
