import { describe, expect, test } from "vitest";
import type { PodSpec, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import { type Action, plan } from "./decide.ts";
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
import { statusOf } from "./status.ts";
import type { PodView } from "./view.ts";

/** Actions in short; statuses are other tests' affair. */
const inShort = (view: PodView) => plan(view).actions.flatMap((action) => short(action) ?? []);

function short(action: Action): string | undefined {
  switch (action.type) {
    case "StartContainer":
      return `start ${action.container.name} ${action.attempt}`;
    case "StopContainer":
      return `stop ${action.name} in ${action.graceSeconds} s: ${action.why}`;
    case "RemoveSandbox":
      return action.keepLogs ? "remove, keep logs" : "remove";
    case "TellBackOff":
      return `back off ${action.name} ${action.attempt}`;
    case "WriteStatus":
      return undefined;
    case "CreateSandbox":
      return action.isAgain ? "CreateSandbox again" : action.type;
    case "DeletePod":
      return action.type;
  }
}

const two = { containers: [container("a"), container("b")] };
const never = { restartPolicy: "Never" };
const onFailure = { restartPolicy: "OnFailure" };
const init = { initContainers: [container("one"), container("two")] };
const sidecar = container("side", { restartPolicy: "Always" });
const otherSidecar = container("side2", { restartPolicy: "Always" });
const startupProbe = { exec: { command: ["true"] } };
const slowSidecar = { ...sidecar, startupProbe };
const started = { started: true, ready: true };
const startTime = new Date(now - seconds(10)).toISOString();

const known = (state: object, more: object = {}): PodStatus => ({
  phase: "Running",
  containerStatuses: [
    {
      name: "main",
      containerID: "run://old",
      restartCount: 2,
      image: "",
      imageID: "",
      ready: true,
      state,
      ...more,
    },
  ],
});

type Row = [name: string, view: PodView, expected: string[], wakeAfterMs?: number];

const failure = { reason: "ErrImagePull", message: "", count: 1, attempt: 0 };
const failedAt = (at: number, more: object = {}) =>
  new Map([["main", { ...failure, at, ...more }]]);

const rows: Row[] = [
  ["a new pod gets its surroundings", viewOf(podOf()), ["CreateSandbox"]],
  ["then its containers", viewOf(podOf(two), sandbox()), ["start a 0", "start b 0"]],
  ["one that runs is left alone", viewOf(podOf(), sandbox([running("main")])), []],
  [
    "surroundings that ended are made again",
    viewOf(podOf(), sandbox([exited("main", 137)], { isRunning: false })),
    ["CreateSandbox again"],
  ],
  [
    "surroundings that cannot be made are waited for",
    viewOf(podOf(), undefined, {
      failures: new Map([["", { ...failure, reason: "FailedMount", at: now - seconds(4) }]]),
    }),
    [],
    seconds(6),
  ],

  ["init containers go one by one", viewOf(podOf(init), sandbox()), ["start one 0"]],
  ["the next waits for the first", viewOf(podOf(init), sandbox([running("one")])), []],
  ["the next follows the first", viewOf(podOf(init), sandbox([exited("one", 0)])), ["start two 0"]],
  [
    "a failed one is tried again",
    viewOf(podOf(init), sandbox([exited("one", 1)])),
    ["start one 1"],
  ],
  [
    "unless the pod never restarts: then it is over",
    viewOf(podOf({ ...init, ...never }), sandbox([exited("one", 1)])),
    ["remove, keep logs"],
  ],
  [
    "after all of them the others start",
    viewOf(podOf(init), sandbox([exited("one", 0), exited("two", 0)])),
    ["start main 0"],
  ],
  [
    "they are not run again once another container has started",
    viewOf(podOf(init), sandbox([exited("main", 0, 0, 60)])),
    ["start main 1"],
  ],

  [
    "a sidecar only has to have started",
    viewOf(podOf({ initContainers: [sidecar, container("one")] }), sandbox([running("side")])),
    ["start one 0"],
  ],
  [
    "its startup probe is waited for",
    viewOf(podOf({ initContainers: [slowSidecar] }), sandbox([running("side")]), {
      probes: new Map([["side", { started: false, ready: false }]]),
    }),
    [],
  ],
  [
    "and then the others start",
    viewOf(podOf({ initContainers: [slowSidecar] }), sandbox([running("side")]), {
      probes: new Map([["side", started]]),
    }),
    ["start main 0"],
  ],
  [
    "a sidecar that ends is started again, whatever the pod's policy",
    viewOf(
      podOf({ initContainers: [sidecar], ...never }),
      sandbox([exited("side", 0), running("main")]),
    ),
    ["start side 1"],
  ],

  [
    "Always restarts after success",
    viewOf(podOf(), sandbox([exited("main", 0)])),
    ["start main 1"],
  ],
  [
    "OnFailure restarts after failure",
    viewOf(podOf(onFailure), sandbox([exited("main", 1)])),
    ["start main 1"],
  ],
  [
    "OnFailure does not restart what succeeded while others run",
    viewOf(podOf({ ...two, ...onFailure }), sandbox([exited("a", 0), running("b")])),
    [],
  ],
  [
    "OnFailure is over when all succeeded",
    viewOf(podOf(onFailure), sandbox([exited("main", 0)])),
    ["remove, keep logs"],
  ],
  [
    "Never does not restart",
    viewOf(podOf({ ...two, ...never }), sandbox([exited("a", 1), running("b")])),
    [],
  ],
  [
    "the second crash is waited out and told",
    viewOf(podOf(), sandbox([exited("main", 1, 0, 20), exited("main", 1, 1, 4)])),
    ["back off main 1"],
    seconds(6),
  ],
  [
    "told once",
    viewOf(podOf(), sandbox([exited("main", 1, 0, 20), exited("main", 1, 1, 4)]), {
      backedOff: new Map([["main", 1]]),
    }),
    [],
    seconds(6),
  ],
  [
    "and started again after that",
    viewOf(podOf(), sandbox([exited("main", 1, 0, 20), exited("main", 1, 1, 10)])),
    ["start main 2"],
  ],
  [
    "a start that failed is waited for",
    viewOf(podOf(), sandbox(), { failures: failedAt(now - seconds(3)) }),
    [],
    seconds(7),
  ],
  [
    "ever longer when it is the image",
    viewOf(podOf(), sandbox(), { failures: failedAt(now - seconds(3), { count: 3 }) }),
    [],
    seconds(37),
  ],
  [
    "at a steady pace when it is something else",
    viewOf(podOf(), sandbox(), {
      failures: failedAt(now, { count: 9, reason: "CreateContainerConfigError" }),
    }),
    [],
    seconds(10),
  ],
  [
    "a failure that left a container is that container's affair",
    viewOf(podOf(), sandbox([exited("main", 127)]), { failures: failedAt(now) }),
    ["start main 1"],
  ],
  [
    "what is in another container's way is not in this one's",
    viewOf(podOf({ containers: [container("main"), container("b")] }), sandbox(), {
      failures: failedAt(now),
    }),
    ["start b 0"],
    seconds(10),
  ],

  [
    "a node that lost its containers counts on",
    viewOf(podOf({}, known({ running: {} })), sandbox()),
    ["start main 3"],
  ],
  [
    "what may never restart is not run again where its container was lost",
    viewOf(podOf(never, known({ running: {} })), sandbox()),
    ["remove, keep logs"],
  ],
  [
    "nor what succeeded, when only failures restart",
    viewOf(podOf(onFailure, known({ terminated: { exitCode: 0 } })), sandbox()),
    ["remove, keep logs"],
  ],

  [
    "a container that a probe gave up on ends",
    viewOf(podOf({ terminationGracePeriodSeconds: 7 }), sandbox([running("main")]), {
      probes: new Map([["main", { ...started, unhealthy: "liveness" }]]),
    }),
    ["stop main in 7 s: liveness"],
  ],
  [
    "in the probe's own time if it has one",
    viewOf(
      podOf({
        containers: [container("main", { startupProbe: { terminationGracePeriodSeconds: 2 } })],
      }),
      sandbox([running("main")]),
      { probes: new Map([["main", { ...started, unhealthy: "startup" }]]) },
    ),
    ["stop main in 2 s: startup"],
  ],
  [
    "a container whose image was changed ends",
    viewOf(
      podOf({ containers: [container("main", { image: "image:2" })] }),
      sandbox([running("main")]),
    ),
    ["stop main in 30 s: definition"],
  ],

  [
    "a deadline wakes",
    viewOf(podOf({ activeDeadlineSeconds: 30 }, { startTime }), sandbox([running("main")])),
    [],
    seconds(20) + 1,
  ],
  [
    "and ends what runs",
    viewOf(podOf({ activeDeadlineSeconds: 10 }, { startTime }), sandbox([running("main")])),
    ["stop main in 30 s: end"],
  ],
  [
    "sidecars end when the others are done",
    viewOf(
      podOf({ initContainers: [sidecar, otherSidecar], ...never }),
      sandbox([running("side"), running("side2"), exited("main", 0)]),
    ),
    ["stop side2 in 30 s: end"],
  ],

  ["a deleted pod that never ran goes", viewOf(deleted(podOf())), ["remove", "DeletePod"]],
  [
    "a deleted pod ends what runs, in its time",
    viewOf(deleted(podOf(two), 5), sandbox([running("a"), running("b")])),
    ["stop a in 5 s: end", "stop b in 5 s: end"],
  ],
  [
    "told once",
    viewOf(deleted(podOf(), 5), sandbox([running("main")]), { stopping: new Map([["main", 5]]) }),
    [],
  ],
  [
    "again when the time is cut short",
    viewOf(deleted(podOf(), 0), sandbox([running("main")]), { stopping: new Map([["main", 5]]) }),
    ["stop main in 0 s: end"],
  ],
  [
    "its init containers too",
    viewOf(deleted(podOf(init), 5), sandbox([running("one")])),
    ["stop one in 5 s: end"],
  ],
  [
    "sidecars after the others",
    viewOf(
      deleted(podOf({ initContainers: [sidecar] }), 5),
      sandbox([running("side"), running("main")]),
    ),
    ["stop main in 5 s: end"],
  ],
  [
    "with what is left of the time",
    viewOf(
      deleted(podOf({ initContainers: [sidecar] }), 5),
      sandbox([running("side"), exited("main", 0)]),
      { now: now + seconds(2) },
    ),
    ["stop side in 3 s: end"],
  ],
  [
    "but at least two seconds",
    viewOf(
      deleted(podOf({ initContainers: [sidecar] }), 5),
      sandbox([running("side"), exited("main", 0)]),
      { now: now + seconds(9) },
    ),
    ["stop side in 2 s: end"],
  ],
  [
    "and nothing of it is started again",
    viewOf(deleted(podOf()), sandbox([exited("main", 1)])),
    ["remove", "DeletePod"],
  ],
];

describe("plan", () => {
  test.each(rows)("%s", (_, view, expected, wakeAfterMs) => {
    expect(inShort(view)).toEqual(expected);
    expect(plan(view).wakeAfterMs).toBe(wakeAfterMs);
  });

  test.each(rows)("says the same twice: %s", (_, view) => {
    expect(plan(view)).toEqual(plan(view));
  });

  test.each(rows)("is gone only with the object: %s", (_, view) => {
    const { actions, isGone } = plan(view);
    expect(isGone).toBe(actions.at(-1)?.type === "DeletePod");
  });

  test("writes a status that is news, and only then", () => {
    const view = viewOf(podOf(), sandbox([running("main")]));
    const status = statusOf(view);
    expect(plan(view).actions).toEqual([{ type: "WriteStatus", status }]);
    expect(plan({ ...view, pod: { ...view.pod, status } }).actions).toEqual([]);
  });

  test("tells a status after the steps that change it, not before", () => {
    const types = (view: PodView) => plan(view).actions.map(({ type }) => type);
    expect(types(viewOf(podOf(), sandbox()))).toEqual(["StartContainer"]);
    const over = viewOf(podOf(never), sandbox([exited("main", 0)]));
    expect(types(over)).toEqual(["WriteStatus", "RemoveSandbox"]);
    const gone = viewOf(deleted(podOf()), sandbox([exited("main", 0)]));
    expect(types(gone)).toEqual(["WriteStatus", "RemoveSandbox", "DeletePod"]);
  });

  // Each plan's effects lead to a view with less to do.
  test.each<[string, PodSpec]>([
    ["a plain pod", {}],
    ["init containers", init],
    ["sidecars", { initContainers: [sidecar, container("one")], ...never }],
  ])("comes to rest: %s", (_, spec) => {
    let view = viewOf(podOf(spec));
    for (let steps = 0; steps < 20; steps += 1) {
      const { actions } = plan(view);
      if (actions.length === 0) break;
      for (const action of actions) view = after(view, action);
    }
    expect(plan(view)).toEqual({ actions: [], wakeAfterMs: undefined, isGone: false });
    expect(view.pod.status?.phase).toBe("Running");
  });
});

/** The view once an action has had its effect; init containers succeed at once. */
function after(view: PodView, action: Action): PodView {
  if (action.type === "CreateSandbox") return { ...view, runtime: sandbox() };
  if (action.type === "WriteStatus") {
    return { ...view, pod: { ...view.pod, status: action.status } };
  }
  if (action.type !== "StartContainer") return view;
  const { name = "", restartPolicy } = action.container;
  const isInit = view.pod.spec?.initContainers?.some((each) => each.name === name);
  const next = isInit && restartPolicy !== "Always" ? exited(name, 0) : running(name);
  return { ...view, runtime: sandbox([...(view.runtime?.containers ?? []), next]) };
}
