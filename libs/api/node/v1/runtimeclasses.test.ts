import { expect, test } from "vitest";
import type { RuntimeClass } from "#proto/gen/k8s/node/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { runtimeclasses } from "./runtimeclasses.ts";

const facts = { now: 0, verb: "create", subresource: "", user: "u", uuid: () => "1" } as const;
const toleration = { key: "k", operator: "Exists", effect: "NoExecute" };

test.each<[string, RuntimeClass, unknown[]]>([
  ["no handler", {}, ["handler: Required value"]],
  ["a bad handler", { handler: "a.b" }, [expect.stringContaining("must not contain dots")]],
  [
    "amounts that no container has",
    { handler: "h", overhead: { podFixed: { pods: "1" } } },
    [expect.stringContaining("overhead.limits[pods]: Invalid value")],
  ],
  [
    "a bad selector",
    { handler: "h", scheduling: { nodeSelector: { a: "?" } } },
    [expect.stringContaining("scheduling.nodeSelector: Invalid value")],
  ],
  [
    "the same toleration for another time",
    {
      handler: "h",
      scheduling: { tolerations: [toleration, { ...toleration, tolerationSeconds: 5 }] },
    },
    [
      'scheduling.tolerations[1]: Duplicate value: {"Key":"k","Operator":"Exists","Value":"",' +
        '"Effect":"NoExecute","TolerationSeconds":5}',
    ],
  ],
])("%s", (_, fields, expected) => {
  expect(runtimeclasses.validate(fields, facts).map(fieldErrorText)).toEqual(expected);
});

test("the handler stays", () => {
  const errors = runtimeclasses.validateUpdate?.({ handler: "b" }, { handler: "a" }, facts) ?? [];
  expect(errors.map(fieldErrorText)).toEqual(['handler: Invalid value: "b": field is immutable']);
});

test("labels of nodes that were renamed are warned of", () => {
  const nodeSelector = { "beta.kubernetes.io/os": "linux" };
  expect(runtimeclasses.warnings?.({ scheduling: { nodeSelector } }, undefined)).toEqual([
    'scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead',
  ]);
});
