import { expect, test } from "vitest";
import type { ManagedFieldsEntry } from "#proto/gen/k8s/meta/v1.ts";
import { parentEntries, scaleEntries } from "./scale.ts";

type Fields = Record<string, unknown>;

const entry = (
  manager: string,
  operation: "Apply" | "Update",
  fieldsV1: Fields,
  more: ManagedFieldsEntry = {},
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: "apps/v1",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...more,
});

const time = "2026-01-01T00:00:00Z";
const replicas = { "f:spec": { "f:replicas": {} } };
const resource = { apiVersion: "apps/v1", replicasPath: "spec.replicas" };
const parent = [
  entry("a", "Apply", { "f:spec": { "f:paused": {}, "f:replicas": {} } }, { time }),
  entry("b", "Update", { "f:status": { "f:replicas": {} } }, { time, subresource: "status" }),
];

test("a Scale has the owners of the replicas", () => {
  expect(scaleEntries(parent, ".spec.replicas")).toEqual([
    entry("a", "Apply", replicas, { time, apiVersion: "autoscaling/v1" }),
  ]);
  expect(scaleEntries([], "spec.replicas")).toBeUndefined();
});

test("replicas taken through the Scale change their owner in the resource", () => {
  const scale = [
    entry("s", "Update", replicas, { time, apiVersion: "autoscaling/v1", subresource: "scale" }),
  ];
  expect(parentEntries(parent, scale, resource)).toEqual([
    entry("a", "Apply", { "f:spec": { "f:paused": {} } }, { time }),
    entry("s", "Update", replicas, { subresource: "scale" }),
    parent[1],
  ]);
});

test("replicas that nobody took stay where they are", () => {
  const scale = scaleEntries(parent, "spec.replicas");
  expect(parentEntries(parent, scale, resource)).toEqual(parent);
});

test("an owner of nothing but the replicas goes with them", () => {
  const only = [entry("a", "Apply", replicas, { time })];
  expect(parentEntries(only, [], resource)).toBeUndefined();
});

test("other paths of custom resources", () => {
  const custom = [entry("a", "Apply", { "f:spec": { "f:size": {} } }, { time })];
  const own = { apiVersion: "apps/v1", replicasPath: ".spec.size" };
  const scale = scaleEntries(custom, own.replicasPath);
  expect(scale?.[0]?.fieldsV1).toEqual(replicas);
  expect(parentEntries(custom, scale, own)).toEqual(custom);
});
