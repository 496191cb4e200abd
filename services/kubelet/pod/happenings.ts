/** What the kubelet tells of a pod in events, in Kubernetes' words: pure. */
import { goQuote } from "#libs/api/gotext.ts";
import type { StartStep } from "../runtime.ts";
import type { StopReason } from "./decide.ts";

export interface Happening {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

const normal = (reason: string, message: string): Happening => ({
  type: "Normal",
  reason,
  message,
});
const warning = (reason: string, message: string): Happening => ({
  type: "Warning",
  reason,
  message,
});

/** A step of a start. */
export function ofStep(step: StartStep, image: string): Happening {
  switch (step.type) {
    case "Pulling":
      return normal("Pulling", `Pulling image ${goQuote(image)}`);
    case "Pulled": {
      const time = `${(step.milliseconds / 1_000).toFixed(3).replace(/\.?0+$/, "")}s`;
      const took = `in ${time} (${time} including waiting)`;
      const size = `Image size: ${step.bytes} bytes.`;
      return normal("Pulled", `Successfully pulled image ${goQuote(image)} ${took}. ${size}`);
    }
    case "ImagePresent": {
      const where = "already present on machine and can be accessed by the pod";
      return normal("Pulled", `Container image ${goQuote(image)} ${where}`);
    }
    case "Created":
      return normal("Created", "Container created");
    case "Started":
      return normal("Started", "Container started");
    case "HookFailed":
      return warning(`Failed${step.hook}Hook`, `${step.hook}Hook failed: ${step.message}`);
  }
}

/** A container's start that the runtime refused. */
export function ofFailedStart(reason: string, message: string, image: string): Happening[] {
  switch (reason) {
    case "ErrImagePull":
      return [
        warning("Failed", `Failed to pull image ${goQuote(image)}: ${message}`),
        warning("Failed", "Error: ErrImagePull"),
        normal("BackOff", `Back-off pulling image ${goQuote(image)}`),
        warning("Failed", "Error: ImagePullBackOff"),
      ];
    case "ErrImageNeverPull":
      return [warning(reason, message), warning("Failed", `Error: ${reason}`)];
    case "InvalidImageName":
      return [warning("InspectFailed", message), warning("Failed", `Error: ${reason}`)];
    default:
      return [warning("Failed", `Error: ${message}`)];
  }
}

/** The pod's surroundings could not be made. */
export function ofFailedSandbox(reason: string, message: string): Happening {
  if (reason === "FailedMount") return warning(reason, message);
  return warning("FailedCreatePodSandBox", `Failed to create pod sandbox: ${message}`);
}

export const ofChangedSandbox = normal(
  "SandboxChanged",
  "Pod sandbox changed, it will be killed and re-created.",
);

/** A container is told to end. */
export function ofStop(container: string, why: StopReason): Happening {
  if (why === "end") return normal("Killing", `Stopping container ${container}`);
  const what = why === "definition" ? "definition changed" : `failed ${why} probe`;
  return normal("Killing", `Container ${container} ${what}, will be restarted`);
}

/** `pod`: name, namespace and uid as `name_namespace(uid)`. */
export function ofBackOff(container: string, pod: string): Happening {
  return warning("BackOff", `Back-off restarting failed container ${container} in pod ${pod}`);
}

/** A probe failed once; it need not mean that anything is done about it. */
export function ofFailedProbe(kind: string, output: string): Happening {
  const name = `${kind[0]?.toUpperCase() ?? ""}${kind.slice(1)}`;
  return warning("Unhealthy", `${name} probe failed: ${output}`);
}
