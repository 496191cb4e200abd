import { describe, expect, test } from "vitest";
import type { Container } from "#proto/gen/k8s/core/v1.ts";
import { initialRecord, isAsked, type ProbeKind, probesOf, withResult } from "./probes.ts";
import type { ProbeState } from "./view.ts";

const probe = { exec: { command: ["true"] } };
const liveness: Container = { livenessProbe: { ...probe, failureThreshold: 2 } };
const readiness: Container = { readinessProbe: { ...probe, successThreshold: 2 } };
const startup: Container = { startupProbe: probe };
const all: Container = { ...liveness, ...readiness, ...startup };

/** Results in order: `r+` is a readiness probe that succeeds. */
const kinds: Readonly<Record<string, ProbeKind>> = {
  s: "startup",
  r: "readiness",
  l: "liveness",
};

function outcome(container: Container, results: string): ProbeState {
  let record = initialRecord(container);
  for (const [kind = "", sign] of results.split(" ").filter(Boolean)) {
    record = withResult(record, container, kinds[kind] ?? "startup", sign === "+");
  }
  return record.state;
}

test.each<[string, Container, string, ProbeState]>([
  ["no probes: ready at once", {}, "", { started: true, ready: true }],
  ["liveness alone: ready at once", liveness, "", { started: true, ready: true }],
  ["readiness is waited for", readiness, "", { started: true, ready: false }],
  ["one success is not enough here", readiness, "r+", { started: true, ready: false }],
  ["two in a row are", readiness, "r+ r+", { started: true, ready: true }],
  ["not in a row", readiness, "r+ r- r+", { started: true, ready: false }],
  ["two failures of three", readiness, "r+ r+ r- r-", { started: true, ready: true }],
  ["three failures", readiness, "r+ r+ r- r- r-", { started: true, ready: false }],
  ["one failure of two", liveness, "l-", { started: true, ready: true }],
  ["a success between", liveness, "l- l+ l-", { started: true, ready: true }],
  [
    "two failures in a row",
    liveness,
    "l- l-",
    { started: true, ready: false, unhealthy: "liveness" },
  ],
  ["starting up", startup, "", { started: false, ready: false }],
  ["started", startup, "s- s+", { started: true, ready: true }],
  ["never started", startup, "s- s- s-", { started: false, ready: false, unhealthy: "startup" }],
  ["started, readiness is waited for", all, "s+", { started: true, ready: false }],
  ["started and ready", all, "s+ r+ r+", { started: true, ready: true }],
])("%s", (_, container, results, expected) => {
  expect(outcome(container, results)).toEqual(expected);
});

describe("who is asked", () => {
  const before = initialRecord(all);
  const after = withResult(before, all, "startup", true);

  test.each<[ProbeKind, boolean, boolean]>([
    ["startup", true, false],
    ["readiness", false, true],
    ["liveness", false, true],
  ])("%s: %s before the start is over, %s after", (kind, early, late) => {
    expect(isAsked(kind, before)).toBe(early);
    expect(isAsked(kind, after)).toBe(late);
  });

  test("a container's probes, the startup probe first", () => {
    expect(probesOf(all).map(([kind]) => kind)).toEqual(["startup", "readiness", "liveness"]);
    expect(probesOf({})).toEqual([]);
  });
});
