import { describe, expect, test } from "vitest";
import type { ContainerStatus, PodStatus } from "#proto/gen/k8s/core/v1.ts";
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
import { isSameStatus, statusOf } from "./status.ts";
import type { PodView, StartFailure } from "./view.ts";

const time = "2026-01-02T03:04:05Z";
const init = { initContainers: [container("one")] };
const never = { restartPolicy: "Never" };

const mainOf = (view: PodView): ContainerStatus => statusOf(view).containerStatuses?.[0] as never;
const failing = (reason: string, message: string, count = 1): ReadonlyMap<string, StartFailure> =>
  new Map([["main", { reason, message, count, at: now, attempt: 0 }]]);

describe("a container", () => {
  test("before its start", () => {
    expect(mainOf(viewOf(podOf(), sandbox()))).toEqual({
      name: "main",
      state: { waiting: { reason: "ContainerCreating" } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image: "image:1",
      imageID: "",
      started: false,
    });
  });

  test("that runs", () => {
    expect(mainOf(viewOf(podOf(), sandbox([running("main")])))).toEqual({
      name: "main",
      state: { running: { startedAt: "2026-01-02T03:04:00Z" } },
      lastState: {},
      ready: true,
      restartCount: 0,
      image: "image:1",
      imageID: "sha256:1",
      containerID: "run://main-0",
      started: true,
      resources: {},
    });
  });

  test("tells what it was made with", () => {
    const limits = { cpu: "1" };
    const requests = { cpu: "500m" };
    const volumeMounts = [
      { name: "a", mountPath: "/a" },
      { name: "b", mountPath: "/b", readOnly: true, subPath: "x" },
    ];
    const main = container("main", { resources: { limits, requests }, volumeMounts });
    const spec = { containers: [main] };
    expect(mainOf(viewOf(podOf(spec), sandbox([running("main")])))).toMatchObject({
      allocatedResources: requests,
      resources: { limits, requests },
      volumeMounts: [
        { name: "a", mountPath: "/a" },
        { name: "b", mountPath: "/b", readOnly: true, recursiveReadOnly: "Disabled" },
      ],
    });
  });

  test("that runs again", () => {
    const view = viewOf(podOf(), sandbox([exited("main", 2, 3), running("main", 4)]));
    expect(mainOf(view)).toMatchObject({
      restartCount: 4,
      state: { running: {} },
      lastState: {
        terminated: {
          exitCode: 2,
          reason: "Error",
          startedAt: "2026-01-02T03:04:04Z",
          finishedAt: time,
          containerID: "run://main-3",
        },
      },
    });
  });

  const twice = [exited("main", 1, 0, 20), exited("main", 1, 1)];

  test.each<[string, PodView, object]>([
    [
      "waits while others prepare",
      viewOf(podOf(init), sandbox()),
      { waiting: { reason: "PodInitializing" } },
    ],
    [
      "ended for good",
      viewOf(podOf(never), sandbox([exited("main", 0)])),
      { terminated: { reason: "Completed", exitCode: 0 } },
    ],
    [
      "is about to be started again",
      viewOf(podOf(), sandbox([exited("main", 1)])),
      { terminated: { reason: "Error", exitCode: 1 } },
    ],
    [
      "crashed twice",
      viewOf(podOf(), sandbox(twice)),
      {
        waiting: {
          reason: "CrashLoopBackOff",
          message: "back-off 10s restarting failed container=main pod=web_shop(u1)",
        },
      },
    ],
    [
      "crashed often",
      viewOf(podOf(), sandbox([exited("main", 1, 5), exited("main", 1, 6)])),
      {
        waiting: {
          message: "back-off 5m0s restarting failed container=main pod=web_shop(u1)",
        },
      },
    ],
    [
      "crashed twice in a pod that is deleted",
      viewOf(deleted(podOf()), sandbox(twice)),
      { terminated: { exitCode: 1 } },
    ],
    [
      "succeeded twice where only failures restart",
      viewOf(
        podOf({ restartPolicy: "OnFailure", containers: [container("main"), container("b")] }),
        sandbox([exited("main", 1, 0, 20), exited("main", 0, 1), running("b")]),
      ),
      { terminated: { exitCode: 0 } },
    ],
    [
      "has no image",
      viewOf(podOf(), sandbox(), { failures: failing("ErrImagePull", "no such host") }),
      { waiting: { reason: "ErrImagePull", message: "no such host" } },
    ],
    [
      "still has no image",
      viewOf(podOf(), sandbox(), { failures: failing("ErrImagePull", "no such host", 2) }),
      {
        waiting: {
          reason: "ImagePullBackOff",
          message: 'Back-off pulling image "image:1": ErrImagePull: no such host',
        },
      },
    ],
    [
      "lacks a config map",
      viewOf(podOf(), sandbox(), { failures: failing("CreateContainerConfigError", "x", 3) }),
      { waiting: { reason: "CreateContainerConfigError", message: "x" } },
    ],
    [
      "has no such program",
      viewOf(podOf(), sandbox([exited("main", 127)]), {
        failures: failing("RunContainerError", "no such file"),
      }),
      { waiting: { reason: "RunContainerError", message: "no such file" } },
    ],
  ])("%s", (_, view, state) => {
    expect(mainOf(view).state).toMatchObject(state);
  });

  test("is ready when its probes say so", () => {
    const view = (ready: boolean) =>
      viewOf(podOf(), sandbox([running("main")]), {
        probes: new Map([["main", { started: true, ready }]]),
      });
    expect(mainOf(view(true)).ready).toBe(true);
    expect(mainOf(view(false)).ready).toBe(false);
  });

  test("of the beginning is ready when it succeeded, and does not wait then", () => {
    const containers = [exited("one", 1, 0), exited("one", 1, 1), exited("one", 0, 2)];
    const [one] = statusOf(viewOf(podOf(init), sandbox(containers))).initContainerStatuses ?? [];
    expect(one).toMatchObject({ ready: true, state: { terminated: { exitCode: 0 } } });
  });
});

describe("a container that the runtime lost", () => {
  const known = (more: Partial<ContainerStatus> = {}): PodStatus => ({
    phase: "Running",
    containerStatuses: [
      {
        name: "main",
        containerID: "run://old",
        restartCount: 2,
        image: "image:1",
        imageID: "",
        ready: true,
        state: { running: { startedAt: time } },
        ...more,
      },
    ],
  });

  test("is about to come back", () => {
    const status = mainOf(viewOf(podOf({}, known())));
    expect(status).toMatchObject({
      ready: false,
      restartCount: 2,
      state: { waiting: { reason: "ContainerCreating" } },
      lastState: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } },
    });
  });

  test("is told once, whatever the time", () => {
    const first = statusOf(viewOf(podOf({}, known())));
    const later = viewOf(podOf({}, first), undefined, { now: now + seconds(60) });
    expect(isSameStatus(statusOf(later), first)).toBe(true);
  });

  test("is remembered as the last state once there is a new one", () => {
    const first = statusOf(viewOf(podOf({}, known())));
    const view = viewOf(podOf({}, first), sandbox([running("main", 3)]));
    expect(mainOf(view)).toMatchObject({
      restartCount: 3,
      state: { running: {} },
      lastState: { terminated: { reason: "ContainerStatusUnknown" } },
    });
  });

  test("ended with its pod", () => {
    const view = viewOf(deleted(podOf({}, known())));
    expect(mainOf(view)).toMatchObject({
      ready: false,
      state: { terminated: { exitCode: 137, reason: "ContainerStatusUnknown" } },
    });
  });

  test("shows why it cannot come back", () => {
    const view = viewOf(podOf({}, known()), sandbox(), { failures: failing("ErrImagePull", "no") });
    expect(mainOf(view).state?.waiting?.reason).toBe("ErrImagePull");
  });

  test("keeps how it ended, if that is known", () => {
    const terminated = { exitCode: 0, reason: "Completed" };
    const view = viewOf(podOf(never, known({ state: { terminated } })));
    expect(mainOf(view).state).toEqual({ terminated });
    expect(statusOf(view).phase).toBe("Succeeded");
  });
});

describe("conditions", () => {
  const gate = { readinessGates: [{ conditionType: "example.com/gate" }] };
  const gateStatus = (status: string): PodStatus => ({
    conditions: [{ type: "example.com/gate", status }],
  });
  const side = { initContainers: [container("side", { restartPolicy: "Always" })] };

  /** `Type=Status Reason Message` of those that are given reasons, else `Type=Status`. */
  const told = (view: PodView) =>
    (statusOf(view).conditions ?? []).map(({ type, status, reason, message }) =>
      [`${type}=${status}`, reason, message].filter(Boolean).join(" "),
    );
  const unready = "ContainersNotReady containers with unready status: [main]";

  test.each<[string, PodView, string[]]>([
    [
      "nothing yet",
      viewOf(podOf()),
      ["PodReadyToStartContainers=False", "Initialized=True", `Ready=False ${unready}`],
    ],
    [
      "running",
      viewOf(podOf(), sandbox([running("main")])),
      ["PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True"],
    ],
    [
      "preparing",
      viewOf(podOf(init), sandbox([running("one")])),
      [
        "Initialized=False ContainersNotInitialized containers with incomplete status: [one]",
        `Ready=False ${unready}`,
      ],
    ],
    [
      "a sidecar that is down",
      viewOf(podOf(side), sandbox([exited("side", 1), running("main")])),
      ["Initialized=True", "Ready=False ContainersNotReady containers with unready status: [side]"],
    ],
    [
      "completed",
      viewOf(podOf(never), sandbox([exited("main", 0)])),
      [
        "Initialized=True PodCompleted",
        "Ready=False PodCompleted",
        "ContainersReady=False PodCompleted",
      ],
    ],
    [
      "failed",
      viewOf(podOf(never), sandbox([exited("main", 1)])),
      ["Ready=False PodFailed", "ContainersReady=False PodFailed"],
    ],
    [
      "a gate that nobody opened",
      viewOf(podOf(gate), sandbox([running("main")])),
      [
        "Ready=False ReadinessGatesNotReady corresponding condition of pod readiness gate " +
          '"example.com/gate" does not exist.',
        "ContainersReady=True",
      ],
    ],
    [
      "a gate that is closed",
      viewOf(podOf(gate, gateStatus("False")), sandbox([running("main")])),
      [
        "Ready=False ReadinessGatesNotReady the status of pod readiness gate " +
          '"example.com/gate" is not "True", but False',
      ],
    ],
    [
      "a gate that is open",
      viewOf(podOf(gate, gateStatus("True")), sandbox([running("main")])),
      ["Ready=True", "example.com/gate=True"],
    ],
  ])("%s", (_, view, expected) => {
    expect(told(view)).toEqual(expect.arrayContaining(expected));
  });

  test("keep the time of their last change", () => {
    const first = statusOf(viewOf(podOf(), sandbox([running("main")])));
    const later = now + seconds(60);
    const same = statusOf(viewOf(podOf({}, first), sandbox([running("main")]), { now: later }));
    expect(same.conditions).toEqual(first.conditions);
    const changed = statusOf(
      viewOf(podOf({}, first), sandbox([exited("main", 1)]), { now: later }),
    );
    const ready = changed.conditions?.find(({ type }) => type === "Ready");
    expect(ready?.lastTransitionTime).toBe("2026-01-02T03:05:05Z");
  });
});

describe("the pod", () => {
  test("has its address, its node's and the time of its start", () => {
    expect(statusOf(viewOf(podOf(), sandbox()))).toMatchObject({
      podIP: "10.0.0.2",
      podIPs: [{ ip: "10.0.0.2" }],
      hostIP: "192.0.2.1",
      startTime: time,
      observedGeneration: 1,
    });
  });

  test("has its node's address where it shares the network", () => {
    const view = viewOf(podOf({ hostNetwork: true }), sandbox([], { ip: undefined }));
    expect(statusOf(view).podIP).toBe("192.0.2.1");
  });

  test("keeps address and start time when its surroundings are gone", () => {
    const before: PodStatus = { podIP: "10.0.0.9", startTime: "2026-01-01T00:00:00Z" };
    expect(statusOf(viewOf(podOf({}, before)))).toMatchObject(before);
  });

  test("tells why it failed when its time was over", () => {
    const startTime = new Date(now - seconds(60)).toISOString();
    const view = viewOf(podOf({ activeDeadlineSeconds: 5 }, { startTime }), sandbox());
    expect(statusOf(view)).toMatchObject({
      phase: "Failed",
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });
});
