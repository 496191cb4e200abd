import { expect, test } from "vitest";
import type { Deployment, DeploymentStrategy } from "#proto/gen/k8s/apps/v1.ts";
import { fieldErrorText } from "../../errors.ts";
import { deployments } from "./deployments.ts";
import { replicasets } from "./replicasets.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;

function deploymentOf(spec: Deployment["spec"] = {}): Deployment {
  const deployment: Deployment = {
    metadata: { name: "d", namespace: "n", generation: 1 },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      },
      ...spec,
    },
  };
  deployments.defaults?.(deployment);
  return deployment;
}

const at = "spec.strategy.rollingUpdate";

test.each<[string, DeploymentStrategy, string[]]>([
  ["the defaults", {}, []],
  ["counts", { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, []],
  [
    "nothing may move",
    { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } },
    [`${at}.maxUnavailable: Invalid value: "0%": may not be 0 when \`maxSurge\` is 0`],
  ],
  [
    "more than all",
    { rollingUpdate: { maxUnavailable: "101%" } },
    [`${at}.maxUnavailable: Invalid value: "101%": must not be greater than 100%`],
  ],
  [
    "below nothing",
    { rollingUpdate: { maxSurge: -1 } },
    [`${at}.maxSurge: Invalid value: -1: must be greater than or equal to 0`],
  ],
  [
    "no percentage",
    { rollingUpdate: { maxSurge: "many" } },
    [expect.stringMatching(/maxSurge: Invalid value: "many": a valid percent string must be/)],
  ],
])("strategy: %s", (_, strategy, expected) => {
  const errors = deployments.validate(deploymentOf({ strategy }), facts);
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("changed annotations are counted, changed labels are not", () => {
  const old = deploymentOf();
  const annotated = deploymentOf();
  annotated.metadata = { ...annotated.metadata, annotations: { a: "b" } };
  deployments.prepareForUpdate?.(annotated, old, facts);
  expect(annotated.metadata.generation).toBe(2);
  const labelled = deploymentOf();
  labelled.metadata = { ...labelled.metadata, labels: { a: "b" } };
  deployments.prepareForUpdate?.(labelled, old, facts);
  expect(labelled.metadata.generation).toBe(1);
});

test("a write of the status takes the status alone", () => {
  const old = { ...deploymentOf(), status: { replicas: 1 } };
  const given = { ...deploymentOf({ replicas: 9 }), status: { replicas: 2 } };
  given.metadata = { ...given.metadata, labels: { x: "y" } };
  const part = deployments.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const merged = part.merge(given, old, facts);
  expect(merged).toEqual({ ...old, status: { replicas: 2 } });
});

test.each<[string, Deployment["status"], Deployment["status"], string[]]>([
  ["counts that fit", {}, { replicas: 2, readyReplicas: 2, availableReplicas: 1 }, []],
  [
    "more than there are",
    {},
    { replicas: 1, updatedReplicas: 2 },
    ["status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas"],
  ],
  [
    "available before ready",
    {},
    { replicas: 2, availableReplicas: 1 },
    ["status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas"],
  ],
  [
    "fewer collisions",
    { collisionCount: 2 },
    { collisionCount: 1 },
    ["status.collisionCount: Invalid value: 1: cannot be decremented"],
  ],
])("status: %s", (_, before, after, expected) => {
  const part = deployments.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const reporting = (status: Deployment["status"]): Deployment => ({
    ...deploymentOf(),
    ...(status && { status }),
  });
  const errors = part.validateUpdate?.(reporting(after), reporting(before), facts) ?? [];
  expect(errors.map(fieldErrorText)).toEqual(expected);
});

test("rows", () => {
  const deployment = deploymentOf({ replicas: 3 });
  deployment.status = { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 };
  const cells = deployments.printColumns.map(({ cell }) => cell(deployment, 0));
  expect(cells).toEqual(["d", "2/3", 3, 1, "<unknown>", "c", "i", "a=b"]);
  const set = { metadata: { name: "r" }, spec: deployment.spec ?? {}, status: { replicas: 3 } };
  const row = replicasets.printColumns.map(({ cell }) => cell(set as never, 0));
  expect(row).toEqual(["r", 3, 3, 0, "<unknown>", "c", "i", "a=b"]);
});
