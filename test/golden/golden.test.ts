/**
 * The recorded answers of a real Kubernetes 1.36, replayed on the whole server. `failing.txt` lists
 * the scenarios that do not pass yet; it may only shrink.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resources } from "#libs/api/index.ts";
import { keyOf } from "../../services/apiserver/registry/caches.ts";
import { Client, replay } from "./replay.ts";
import { isServed, readScenarios } from "./scenario.ts";
import { startControlPlane, type ControlPlane } from "./server.ts";

const startMsMax = 60_000;
const options = { timeout: 60_000 };

/** What needs a controller or an admission plugin that is not there yet. */
const notThere = [
  "admissionregistration/vap/controller/",
  "apps/daemonset/controller/",
  "apps/statefulset/controller/",
  "batch/job/controller/",
  "batch/row/controller/",
  "core/persistentvolumeclaim/bind",
  "admission/namespace-missing",
  "admission/serviceaccount-enforce",
  "authn/tokenrequest/bound-errors",
  "authn/tokenrequest/bound-pod",
  "authn/tokenrequest/invalid",
  "crd/update/immutable",
  "vap/type-checking",
  "webhook/",
];

const failing = new Set(
  readFileSync(join(import.meta.dirname, "failing.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);

const files = ["core.jsonl", "machinery.jsonl", "groups.jsonl", "security.jsonl"];
const recorded = files.map(readScenarios);
const isRecorded = recorded.every((scenarios) => scenarios !== undefined);
if (!isRecorded) {
  process.stderr.write("golden answers are left out: ../shared/golden is not on this machine\n");
}
const reviews = [
  "localsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectrulesreviews.authorization.k8s.io",
  "subjectaccessreviews.authorization.k8s.io",
  "selfsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectreviews.authentication.k8s.io",
  "tokenreviews.authentication.k8s.io",
];
const served = new Set([...resources.map(keyOf), ...reviews]);
const scenarios = recorded
  .flatMap((some) => some ?? [])
  .filter((scenario) => isServed(scenario, served))
  .filter(({ id }) => !notThere.some((prefix) => id.startsWith(prefix)));

describe.runIf(isRecorded)("answers as recorded", () => {
  let plane: ControlPlane;
  let client: Client;

  beforeAll(async () => {
    plane = await startControlPlane();
    client = new Client(plane);
  }, startMsMax);

  afterAll(() => plane.stop(), startMsMax);

  const good = scenarios.filter(({ id }) => !failing.has(id));
  const bad = scenarios.filter(({ id }) => failing.has(id));

  test.concurrent.for(good)("$id", options, async (scenario, context) => {
    context.expect(await replay(client, scenario)).toEqual([]);
  });

  test.concurrent.for(bad)("$id is listed for a reason", options, async (scenario, context) => {
    context.expect(await replay(client, scenario)).not.toEqual([]);
  });

  test("failing.txt names scenarios only", () => {
    const known = new Set(scenarios.map(({ id }) => id));
    expect([...failing].filter((id) => !known.has(id))).toEqual([]);
  });
});
