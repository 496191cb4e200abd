import { expect, test } from "vitest";
import type { ClusterRole, PolicyRule } from "#proto/gen/k8s/rbac/v1.ts";
import { reconcile } from "./decide.ts";

const rule = (verb: string): PolicyRule => ({
  verbs: [verb],
  apiGroups: [""],
  resources: ["pods"],
});
const role = (name: string, labels: Record<string, string>, ...verbs: string[]): ClusterRole => ({
  metadata: { name, labels },
  rules: verbs.map(rule),
});
const sum = (...rules: PolicyRule[]): ClusterRole => ({
  metadata: { name: "sum", labels: { add: "yes" } },
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { add: "yes" } }] },
  rules,
});

test.each<[string, ClusterRole, ClusterRole[], string[] | undefined]>([
  ["nothing to gather", sum(), [], undefined],
  ["one role", sum(), [role("a", { add: "yes" }, "get")], ["get"]],
  [
    "by name",
    sum(),
    [role("b", { add: "yes" }, "list"), role("a", { add: "yes" }, "get")],
    ["get", "list"],
  ],
  [
    "each rule once",
    sum(),
    [role("a", { add: "yes" }, "get"), role("b", { add: "yes" }, "get")],
    ["get"],
  ],
  ["not others", sum(), [role("a", { add: "no" }, "get")], undefined],
  ["not itself", sum(), [sum(rule("watch"))], undefined],
  ["what is there already", sum(rule("get")), [role("a", { add: "yes" }, "get")], undefined],
  ["what somebody wrote there", sum(rule("delete")), [role("a", { add: "yes" }, "get")], ["get"]],
  ["what is gone", sum(rule("get")), [], []],
  ["a plain role", role("x", {}, "get"), [role("a", { add: "yes" }, "list")], undefined],
])("%s", (_, aggregated, all, verbs) => {
  const wanted = verbs && [{ type: "WriteRules", rules: verbs.map(rule) }];
  expect(reconcile({ role: aggregated, all }).actions).toEqual(wanted ?? []);
});
