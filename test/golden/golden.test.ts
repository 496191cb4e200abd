/**
 * The recorded answers of a real Kubernetes 1.36, replayed on the whole server. `failing.txt` lists
 * the scenarios that do not pass yet; it may only shrink.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, replay } from "./replay.ts";
import { readScenarios } from "./scenario.ts";
import { startControlPlane, type ControlPlane } from "./server.ts";

const startMsMax = 60_000;
const options = { timeout: 60_000 };

/** Resources that are not served yet: their scenarios are not listed one by one. */
const notServed = [
  "core/limitrange/",
  "core/resourcequota/",
  "core/persistentvolume/",
  "core/persistentvolumeclaim/",
  "core/podtemplate/",
  "core/pod/security-admission/",
];

const failing = new Set(
  readFileSync(join(import.meta.dirname, "failing.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#")),
);

const recorded = readScenarios("core.jsonl");
const scenarios = (recorded ?? []).filter(
  ({ id }) => !notServed.some((prefix) => id.startsWith(prefix)),
);
if (recorded === undefined) {
  process.stderr.write("golden answers are left out: ../shared/golden is not on this machine\n");
}

describe.runIf(recorded !== undefined)("answers as recorded", () => {
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
