import { expect, test } from "vitest";
import type { Job, JobSpec, JobStatus } from "#proto/gen/k8s/batch/v1.ts";
import { fieldErrorText, type FieldError } from "../../errors.ts";
import { jobs } from "./jobs.ts";

const facts = { now: 0, verb: "update", subresource: "", user: "u", uuid: () => "1" } as const;
const texts = (errors: FieldError[] | undefined) => (errors ?? []).map(fieldErrorText);

const podSpec = { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] };

function jobOf(spec: JobSpec = {}, name = "j"): Job {
  const template = { spec: { ...podSpec } };
  const job: Job = { metadata: { name, namespace: "n", uid: "u" }, spec: { template, ...spec } };
  jobs.defaults?.(job);
  jobs.prepareForCreate?.(job, facts);
  return job;
}

const indexed: JobSpec = { completionMode: "Indexed", completions: 5 };

const isTrue = (type: string) => ({ type, status: "True" });
const times = { startTime: "2026-01-01T00:00:00Z", completionTime: "2026-01-01T00:00:01Z" };
const complete = { conditions: [isTrue("SuccessCriteriaMet"), isTrue("Complete")], ...times };

test.each<[string, JobStatus, JobStatus, JobSpec, string[]]>([
  ["complete", complete, {}, {}, []],
  [
    "complete out of nothing",
    { conditions: [isTrue("Complete")] },
    {},
    {},
    [
      "status.completionTime: Required value: completionTime is required for Complete jobs",
      "status.conditions: Invalid value: " +
        "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
      "status.startTime: Required value: startTime is required for finished job",
    ],
  ],
  [
    "complete before it began",
    { ...complete, completionTime: "2025-01-01T00:00:00Z" },
    {},
    {},
    [
      'status.completionTime: Invalid value: "2025-01-01T00:00:00Z": ' +
        "must be equal to or after `startTime`",
    ],
  ],
  [
    "both ends",
    {
      ...complete,
      conditions: [...complete.conditions, isTrue("FailureTarget"), isTrue("Failed")],
    },
    {},
    {},
    [
      "status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions",
      "status.conditions: Invalid value: " +
        "cannot set Complete=True and FailureTarget=true conditions",
      "status.conditions: Invalid value: " +
        "cannot set SuccessCriteriaMet=True and Failed=true conditions",
      "status.conditions: Invalid value: " +
        "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
    ],
  ],
  [
    "complete with pods",
    { ...complete, active: 1, terminating: 1, uncountedTerminatedPods: { failed: ["x"] } },
    {},
    {},
    [
      "status.active: Invalid value: 1: active>0 is invalid for finished job",
      'status.uncountedTerminatedPods: Invalid value: {"Succeeded":null,"Failed":["x"]}: ' +
        "uncountedTerminatedPods needs to be empty for finished job",
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job",
    ],
  ],
  [
    "no more complete",
    { startTime: times.startTime },
    complete,
    {},
    [
      "status.conditions: Invalid value: cannot disable the terminal Complete=True condition",
      "status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition",
    ],
  ],
  [
    "fewer that failed",
    { failed: 1 },
    { failed: 2 },
    {},
    ["status.failed: Invalid value: 1: cannot decrease the failed counter"],
  ],
  [
    "counted twice",
    { uncountedTerminatedPods: { succeeded: ["x", ""], failed: ["x"] } },
    {},
    {},
    [
      'status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty',
      'status.uncountedTerminatedPods.failed[0]: Duplicate value: "x"',
    ],
  ],
  [
    "more ready than active",
    { ready: 2, active: 1 },
    {},
    {},
    ["status.ready: Invalid value: 2: cannot set more ready pods than active"],
  ],
  [
    "indexes of none",
    { completedIndexes: "0", failedIndexes: "0" },
    {},
    {},
    [
      'status.completedIndexes: Invalid value: "0": ' +
        "cannot set non-empty completedIndexes when non-indexed completion mode",
      'status.failedIndexes: Invalid value: "0": ' +
        "cannot set non-null failedIndexes when backoffLimitPerIndex is null",
      'status.failedIndexes: Invalid value: "0": ' +
        "failedIndexes and completedIndexes overlap at index: 0",
    ],
  ],
  [
    "indexes both ways",
    { completedIndexes: "0-3", failedIndexes: "2,4" },
    {},
    { ...indexed, backoffLimitPerIndex: 1 },
    [
      'status.failedIndexes: Invalid value: "2,4": ' +
        "failedIndexes and completedIndexes overlap at index: 2",
    ],
  ],
])("status of a job: %s", (_, status, before, spec, expected) => {
  const part = jobs.subresources.find(({ name }) => name === "status");
  if (part?.type !== "part") throw new Error("no status");
  const reporting = (reported: JobStatus) => ({ ...jobOf(spec), status: reported });
  expect(texts(part.validateUpdate?.(reporting(status), reporting(before), facts))).toEqual(
    expected,
  );
});
