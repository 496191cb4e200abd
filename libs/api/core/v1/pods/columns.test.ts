import { expect, test } from "vitest";
import type { ContainerStatus, Pod } from "#proto/gen/k8s/core/v1.ts";
import { podColumns } from "./columns.ts";

const now = Date.parse("2026-01-01T01:00:00Z");

/** Ready, Status, Restarts. */
function row(pod: Pod): string {
  return [1, 2, 3].map((index) => String(podColumns[index]?.cell(pod, now))).join(" | ");
}

const one = { containers: [{ name: "c" }] };
const running: ContainerStatus = { name: "c", ready: true, state: { running: {} } };
const ended = (exitCode: number, reason = ""): ContainerStatus => ({
  name: "c",
  state: { terminated: { exitCode, reason } },
});
const waiting = (reason: string): ContainerStatus => ({
  name: "c",
  state: { waiting: { reason } },
});
const deletionTimestamp = "2026-01-01T00:59:00Z";
const withInit = { ...one, initContainers: [{ name: "i" }, { name: "j" }] };
const sidecar = { ...one, initContainers: [{ name: "s", restartPolicy: "Always" }] };

const rows: readonly [string, Pod, string][] = [
  ["nothing known", { spec: one }, "0/1 |  | 0"],
  ["pending", { spec: one, status: { phase: "Pending" } }, "0/1 | Pending | 0"],
  [
    "gated",
    {
      spec: one,
      status: {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      },
    },
    "0/1 | SchedulingGated | 0",
  ],
  [
    "creating",
    {
      spec: one,
      status: { phase: "Pending", containerStatuses: [waiting("ContainerCreating")] },
    },
    "0/1 | ContainerCreating | 0",
  ],
  [
    "running",
    { spec: one, status: { phase: "Running", containerStatuses: [running] } },
    "1/1 | Running | 0",
  ],
  [
    "restarted",
    {
      spec: one,
      status: {
        phase: "Running",
        containerStatuses: [
          {
            ...running,
            restartCount: 2,
            lastState: { terminated: { finishedAt: "2026-01-01T00:59:55Z" } },
          },
        ],
      },
    },
    "1/1 | Running | 2 (5s ago)",
  ],
  [
    "crashing",
    {
      spec: one,
      status: {
        phase: "Running",
        containerStatuses: [{ ...waiting("CrashLoopBackOff"), restartCount: 3 }],
      },
    },
    "0/1 | CrashLoopBackOff | 3",
  ],
  [
    "failed without a reason",
    { spec: one, status: { phase: "Failed", containerStatuses: [ended(3)] } },
    "0/1 | ExitCode:3 | 0",
  ],
  [
    "killed by a signal",
    {
      spec: one,
      status: {
        phase: "Failed",
        containerStatuses: [{ name: "c", state: { terminated: { signal: 9, exitCode: 137 } } }],
      },
    },
    "0/1 | Signal:9 | 0",
  ],
  [
    "completed",
    { spec: one, status: { phase: "Succeeded", containerStatuses: [ended(0, "Completed")] } },
    "0/1 | Completed | 0",
  ],
  [
    "one of two completed",
    {
      spec: { containers: [{ name: "c" }, { name: "d" }] },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [ended(0, "Completed"), { ...running, name: "d" }],
      },
    },
    "1/2 | Running | 0",
  ],
  [
    "one of two completed, not ready",
    {
      spec: { containers: [{ name: "c" }, { name: "d" }] },
      status: {
        phase: "Running",
        containerStatuses: [ended(0, "Completed"), { ...running, name: "d" }],
      },
    },
    "1/2 | NotReady | 0",
  ],
  [
    "initializing",
    {
      spec: withInit,
      status: {
        phase: "Pending",
        initContainerStatuses: [
          { name: "i", state: { terminated: { exitCode: 0 } } },
          { name: "j", restartCount: 1, state: { running: {} } },
        ],
        containerStatuses: [waiting("PodInitializing")],
      },
    },
    "0/1 | Init:1/2 | 1",
  ],
  [
    "init container crashes",
    {
      spec: withInit,
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "i", state: { waiting: { reason: "CrashLoopBackOff" } } }],
      },
    },
    "0/1 | Init:CrashLoopBackOff | 0",
  ],
  [
    "init container failed",
    {
      spec: withInit,
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "i", state: { terminated: { exitCode: 2 } } }],
      },
    },
    "0/1 | Init:ExitCode:2 | 0",
  ],
  [
    "a sidecar counts",
    {
      spec: sidecar,
      status: {
        phase: "Running",
        initContainerStatuses: [
          { name: "s", ready: true, started: true, restartCount: 1, state: { running: {} } },
        ],
        containerStatuses: [running],
      },
    },
    "2/2 | Running | 1",
  ],
  ["evicted", { spec: one, status: { phase: "Failed", reason: "Evicted" } }, "0/1 | Evicted | 0"],
  [
    "terminating",
    {
      metadata: { deletionTimestamp },
      spec: one,
      status: { phase: "Running", containerStatuses: [running] },
    },
    "1/1 | Terminating | 0",
  ],
  [
    "deleted after its end",
    { metadata: { deletionTimestamp }, spec: one, status: { phase: "Succeeded" } },
    "0/1 | Succeeded | 0",
  ],
  [
    "node lost",
    {
      metadata: { deletionTimestamp },
      spec: one,
      status: { phase: "Running", reason: "NodeLost" },
    },
    "0/1 | Unknown | 0",
  ],
];

test.each(rows)("%s", (_, pod, expected) => {
  expect(row(pod)).toBe(expected);
});

test("wide columns name what there is", () => {
  const pod: Pod = {
    spec: {
      ...one,
      nodeName: "n",
      readinessGates: [{ conditionType: "a" }, { conditionType: "b" }],
    },
    status: { podIPs: [{ ip: "10.1.1.1" }], conditions: [{ type: "b", status: "True" }] },
  };
  const wide = (object: Pod) => podColumns.slice(5).map(({ cell }) => cell(object, now));
  expect(wide(pod)).toEqual(["10.1.1.1", "n", "<none>", "1/2"]);
  expect(wide({ spec: one })).toEqual(["<none>", "<none>", "<none>", "<none>"]);
});
