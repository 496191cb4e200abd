import { expect, test } from "vitest";
import type { Namespace, ServiceAccount } from "#proto/gen/k8s/core/v1.ts";
import { reconcile } from "./decide.ts";

const account = (name: string): ServiceAccount => ({ metadata: { name } });
const leaving = { metadata: { name: "a", deletionTimestamp: "2026-01-01T00:00:00Z" } };

test.each<[string, Namespace, ServiceAccount[], string[]]>([
  ["a new namespace gets its account", { metadata: { name: "a" } }, [], ["default"]],
  ["others do not count", { metadata: { name: "a" } }, [account("x")], ["default"]],
  ["one is enough", { metadata: { name: "a" } }, [account("default")], []],
  ["a leaving namespace gets none", leaving, [], []],
  ["nor a terminating one", { metadata: {}, status: { phase: "Terminating" } }, [], []],
])("%s", (_, namespace, accounts, names) => {
  expect(reconcile({ namespace, accounts }).actions.map(({ name }) => name)).toEqual(names);
});
