import { expect, it } from "vitest";
import type { Toleration } from "#proto/gen/k8s/core/v1.ts";
import { tolerates } from "./tolerations.ts";

const taint = { key: "dedicated", value: "db", effect: "NoExecute" };

const cases: readonly (readonly [string, Toleration, boolean])[] = [
  ["the same key, value and effect", { ...taint, operator: "Equal" }, true],
  ["no operator means Equal", taint, true],
  ["another value", { ...taint, value: "web" }, false],
  ["no value", { key: "dedicated" }, false],
  ["any value with Exists", { key: "dedicated", operator: "Exists" }, true],
  ["another key", { key: "other", operator: "Exists" }, false],
  ["every key and effect", { operator: "Exists" }, true],
  ["every key, one effect", { operator: "Exists", effect: "NoExecute" }, true],
  ["another effect", { operator: "Exists", effect: "NoSchedule" }, false],
  ["an operator that is not known", { ...taint, operator: "Like" }, false],
];

it.each(cases)("%s", (_, toleration, isTolerated) => {
  expect(tolerates(toleration, taint)).toBe(isTolerated);
});

it("a taint without a value equals a toleration without one", () => {
  expect(tolerates({ key: "k" }, { key: "k", effect: "NoSchedule" })).toBe(true);
});
