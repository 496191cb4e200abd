import { expect, test } from "vitest";
import {
  ofBackOff,
  ofFailedProbe,
  ofFailedSandbox,
  ofFailedStart,
  ofStep,
  ofStop,
  type Happening,
} from "./happenings.ts";

const line = ({ type, reason, message }: Happening) => `${type} ${reason} ${message}`;

test.each<[Happening | Happening[], string[]]>([
  [ofStep({ type: "Pulling" }, "a:1"), ['Normal Pulling Pulling image "a:1"']],
  [
    ofStep({ type: "Pulled", milliseconds: 1_250, bytes: 42 }, "a:1"),
    [
      'Normal Pulled Successfully pulled image "a:1" in 1.25s (1.25s including waiting). ' +
        "Image size: 42 bytes.",
    ],
  ],
  [
    ofStep({ type: "ImagePresent" }, "a:1"),
    [
      'Normal Pulled Container image "a:1" already present on machine and can be accessed ' +
        "by the pod",
    ],
  ],
  [ofStep({ type: "Created" }, ""), ["Normal Created Container created"]],
  [ofStep({ type: "Started" }, ""), ["Normal Started Container started"]],
  [
    ofStep({ type: "HookFailed", hook: "PostStart", message: "no" }, ""),
    ["Warning FailedPostStartHook PostStartHook failed: no"],
  ],
  [
    ofFailedStart("ErrImagePull", "no such host", "a:1"),
    [
      'Warning Failed Failed to pull image "a:1": no such host',
      "Warning Failed Error: ErrImagePull",
      'Normal BackOff Back-off pulling image "a:1"',
      "Warning Failed Error: ImagePullBackOff",
    ],
  ],
  [
    ofFailedStart("ErrImageNeverPull", "not present", "a:1"),
    ["Warning ErrImageNeverPull not present", "Warning Failed Error: ErrImageNeverPull"],
  ],
  [
    ofFailedStart("InvalidImageName", "bad name", "A"),
    ["Warning InspectFailed bad name", "Warning Failed Error: InvalidImageName"],
  ],
  [
    ofFailedStart("CreateContainerConfigError", 'secret "s" not found', "a:1"),
    ['Warning Failed Error: secret "s" not found'],
  ],
  [
    ofFailedSandbox("FailedMount", "MountVolume.SetUp failed"),
    ["Warning FailedMount MountVolume.SetUp failed"],
  ],
  [
    ofFailedSandbox("FailedCreatePodSandBox", "port is taken"),
    ["Warning FailedCreatePodSandBox Failed to create pod sandbox: port is taken"],
  ],
  [ofStop("web", "end"), ["Normal Killing Stopping container web"]],
  [
    ofStop("web", "liveness"),
    ["Normal Killing Container web failed liveness probe, will be restarted"],
  ],
  [
    ofStop("web", "definition"),
    ["Normal Killing Container web definition changed, will be restarted"],
  ],
  [
    ofBackOff("web", "a_b(c)"),
    ["Warning BackOff Back-off restarting failed container web in pod a_b(c)"],
  ],
  [ofFailedProbe("readiness", "EOF"), ["Warning Unhealthy Readiness probe failed: EOF"]],
])("%#: %s", (told, expected) => {
  expect([told].flat().map(line)).toEqual(expected);
});
