import { describe, expect, test } from "vitest";
import type { PodStatus } from "#proto/gen/k8s/core/v1.ts";
import {
  container,
  deleted,
  exited,
  now,
  podOf,
  running,
  sandbox,
  seconds,
  viewOf,
} from "./example.ts";
import { initialization, outcomeOf, phaseOf } from "./phase.ts";
import type { PodView } from "./view.ts";

const never = { restartPolicy: "Never" };
const onFailure = { restartPolicy: "OnFailure" };
const two = { containers: [container("a"), container("b")] };
const init = { initContainers: [container("one")] };
const side = { initContainers: [container("side", { restartPolicy: "Always" })] };
const startTime = new Date(now - seconds(10)).toISOString();
const lost: PodStatus = {
  containerStatuses: [
    {
      name: "main",
      containerID: "run://old",
      ready: true,
      restartCount: 0,
      image: "",
      imageID: "",
    },
  ],
};

test.each<[string, PodView, string, outcome?: string]>([
  ["nothing yet", viewOf(podOf()), "Pending"],
  ["only surroundings", viewOf(podOf(), sandbox()), "Pending"],
  ["init containers", viewOf(podOf(init), sandbox([running("one")])), "Pending"],
  ["a failed init container", viewOf(podOf(init), sandbox([exited("one", 1)])), "Pending"],
  [
    "a failed init container that stays so",
    viewOf(podOf({ ...init, ...never }), sandbox([exited("one", 1)])),
    "Failed",
    "Failed",
  ],
  ["one of two has started", viewOf(podOf(two), sandbox([running("a")])), "Pending"],
  ["both have", viewOf(podOf(two), sandbox([running("a"), running("b")])), "Running"],
  [
    "one ended",
    viewOf(podOf({ ...two, ...never }), sandbox([exited("a", 1), running("b")])),
    "Running",
  ],
  ["all succeeded", viewOf(podOf(never), sandbox([exited("main", 0)])), "Succeeded", "Succeeded"],
  ["one failed", viewOf(podOf(never), sandbox([exited("main", 1)])), "Failed", "Failed"],
  [
    "on failure, all succeeded",
    viewOf(podOf(onFailure), sandbox([exited("main", 0)])),
    "Succeeded",
    "Succeeded",
  ],
  ["on failure, one failed", viewOf(podOf(onFailure), sandbox([exited("main", 1)])), "Running"],
  ["always, all succeeded", viewOf(podOf(), sandbox([exited("main", 0)])), "Running"],
  [
    "deleted, all succeeded",
    viewOf(deleted(podOf()), sandbox([exited("main", 0)])),
    "Succeeded",
    "Succeeded",
  ],
  [
    "deleted, one failed",
    viewOf(deleted(podOf()), sandbox([exited("main", 137)])),
    "Failed",
    "Failed",
  ],
  ["deleted, still running", viewOf(deleted(podOf()), sandbox([running("main")])), "Running"],
  [
    "a sidecar outlives the others",
    viewOf(podOf({ ...side, ...never }), sandbox([running("side"), exited("main", 0)])),
    "Running",
    "Succeeded",
  ],
  [
    "how a sidecar ends does not count",
    viewOf(podOf({ ...side, ...never }), sandbox([exited("side", 1), exited("main", 0)])),
    "Succeeded",
    "Succeeded",
  ],
  [
    "past its deadline",
    viewOf(podOf({ activeDeadlineSeconds: 10 }, { startTime }), sandbox([exited("main", 0)])),
    "Failed",
    "Failed",
  ],
  [
    "past its deadline, still running",
    viewOf(podOf({ activeDeadlineSeconds: 10 }, { startTime }), sandbox([running("main")])),
    "Running",
    "Failed",
  ],
  [
    "not quite",
    viewOf(podOf({ activeDeadlineSeconds: 11 }, { startTime }), sandbox([running("main")])),
    "Running",
  ],
  ["a lost container", viewOf(podOf({}, lost), sandbox()), "Running"],
  [
    "a lost container that is not run again",
    viewOf(podOf(never, lost), sandbox()),
    "Failed",
    "Failed",
  ],
  [
    "torn down before it started",
    viewOf(podOf(), undefined, { isTornDown: true }),
    "Failed",
    "Failed",
  ],
  ["what is over stays so", viewOf(podOf({}, { phase: "Succeeded" })), "Succeeded", "Succeeded"],
])("phase with %s", (_, view, phase, outcome) => {
  expect(phaseOf(view)).toBe(phase);
  expect(outcomeOf(view)).toBe(outcome);
});

describe("initialization", () => {
  const slow = container("side", { restartPolicy: "Always", startupProbe: {} });
  const probes = (started: boolean) => new Map([["side", { started, ready: started }]]);

  test.each<[string, PodView, string]>([
    ["nothing to do", viewOf(podOf()), "done"],
    ["not begun", viewOf(podOf(init)), "working"],
    ["succeeded", viewOf(podOf(init), sandbox([exited("one", 0)])), "done"],
    ["a sidecar runs", viewOf(podOf(side), sandbox([running("side")])), "done"],
    [
      "a sidecar starts up",
      viewOf(podOf({ initContainers: [slow] }), sandbox([running("side")]), {
        probes: probes(false),
      }),
      "working",
    ],
    [
      "a sidecar has started up",
      viewOf(podOf({ initContainers: [slow] }), sandbox([running("side")]), {
        probes: probes(true),
      }),
      "done",
    ],
    [
      "a sidecar is down later on",
      viewOf(podOf(side), sandbox([exited("side", 1), running("main")])),
      "done",
    ],
    ["failed, and deleted", viewOf(deleted(podOf(init)), sandbox([exited("one", 1)])), "failed"],
  ])("%s", (_, view, expected) => {
    expect(initialization(view)).toBe(expected);
  });
});
