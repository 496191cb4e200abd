/** Ephemeral containers: when they start, and what is told of them. */
import { describe, expect, test } from "vitest";
import type { ContainerStatus } from "#proto/gen/k8s/core/v1.ts";
import { plan } from "./decide.ts";
import { container, exited, now, podOf, running, sandbox, seconds, viewOf } from "./example.ts";
import { phaseOf } from "./phase.ts";
import { statusOf } from "./status.ts";
import type { PodView } from "./view.ts";

const debug = { ephemeralContainers: [container("debug")] };
const started = (view: PodView) =>
  plan(view).actions.flatMap((action) =>
    action.type === "StartContainer" ? `${action.container.name} ${action.attempt}` : [],
  );
const told = (view: PodView) => statusOf(view).ephemeralContainerStatuses?.[0];
const remembered = (state: ContainerStatus["state"]) => ({
  ephemeralContainerStatuses: [{ name: "debug", containerID: "run://debug-0", ...state }],
});
const failure = { reason: "ErrImagePull", message: "no", count: 1, attempt: 0 };

describe("an ephemeral container", () => {
  test.each<[string, PodView, string[]]>([
    ["starts in a pod that runs", viewOf(podOf(debug), sandbox([running("main")])), ["debug 0"]],
    [
      "starts while the pod is initialized",
      viewOf(podOf({ ...debug, initContainers: [container("one")] }), sandbox()),
      ["debug 0", "one 0"],
    ],
    [
      "is left alone while it runs",
      viewOf(podOf(debug), sandbox([running("main"), running("debug")])),
      [],
    ],
    [
      "is not started again",
      viewOf(podOf(debug), sandbox([running("main"), exited("debug", 1)])),
      [],
    ],
    [
      "is not started again where the runtime has forgotten it",
      viewOf(podOf(debug, remembered({})), sandbox([running("main")])),
      [],
    ],
    [
      "is tried again after a failure",
      viewOf(podOf(debug), sandbox([running("main")]), {
        failures: new Map([["debug", { ...failure, at: now - seconds(600) }]]),
      }),
      ["debug 0"],
    ],
    [
      "waits after a failure",
      viewOf(podOf(debug), sandbox([running("main")]), {
        failures: new Map([["debug", { ...failure, at: now }]]),
      }),
      [],
    ],
  ])("%s", (_, view, expected) => {
    expect(started(view)).toEqual(expected);
  });

  test("is told while it runs", () => {
    const view = viewOf(podOf(debug), sandbox([running("main"), running("debug")]));
    expect(told(view)).toEqual({
      name: "debug",
      state: { running: { startedAt: "2026-01-02T03:04:00Z" } },
      lastState: {},
      ready: false,
      restartCount: 0,
      image: "image:1",
      imageID: "sha256:1",
      containerID: "run://debug-0",
      resources: {},
    });
  });

  test("is told when it has ended, and when it is forgotten", () => {
    const view = viewOf(podOf(debug), sandbox([running("main"), exited("debug", 3)]));
    expect(told(view)?.state?.terminated).toMatchObject({ exitCode: 3, reason: "Error" });
    const lost = viewOf(podOf(debug, remembered({})), sandbox([running("main")]));
    expect(told(lost)?.state?.terminated).toMatchObject({ reason: "ContainerStatusUnknown" });
  });

  test("counts for nothing in the pod's phase", () => {
    const never = { ...debug, restartPolicy: "Never" };
    const over = viewOf(podOf(never), sandbox([exited("main", 0), exited("debug", 1)]));
    expect(phaseOf(over)).toBe("Succeeded");
    const alive = viewOf(podOf(debug), sandbox([running("main"), exited("debug", 1)]));
    expect(phaseOf(alive)).toBe("Running");
  });
});
