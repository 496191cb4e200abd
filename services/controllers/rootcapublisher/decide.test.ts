import { expect, test } from "vitest";
import type { ConfigMap, Namespace } from "#proto/gen/k8s/core/v1.ts";
import { reconcile } from "./decide.ts";

const living: Namespace = { metadata: { name: "a" }, status: { phase: "Active" } };
const leaving: Namespace = { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" } };
const map = (data: Record<string, string>): ConfigMap => ({ metadata: { name: "x" }, data });

test.each<[string, Namespace, ConfigMap | undefined, string[]]>([
  ["a namespace without one gets it", living, undefined, ["CreateConfigMap"]],
  ["what is right is left alone", living, map({ "ca.crt": "PEM" }), []],
  ["an old certificate is replaced", living, map({ "ca.crt": "OLD" }), ["UpdateConfigMap"]],
  ["what does not belong there goes", living, map({ "ca.crt": "PEM", x: "" }), ["UpdateConfigMap"]],
  ["a namespace that goes gets none", leaving, undefined, []],
  ["nor a terminating one", { status: { phase: "Terminating" } }, undefined, []],
])("%s", (_, namespace, configMap, types) => {
  const { actions } = reconcile({ namespace, configMap, rootCa: "PEM" });
  expect(actions.map(({ type }) => type)).toEqual(types);
  for (const action of actions) expect(action.configMap.data).toEqual({ "ca.crt": "PEM" });
});
