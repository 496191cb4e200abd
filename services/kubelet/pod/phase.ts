/** The phase of a pod, from what its containers do: pure. As kubelet's getPhase. */
import {
  containersOf,
  failed,
  hasStarted,
  initContainersOf,
  isDeleted,
  isSidecar,
  latestOf,
  type PodView,
  restartPolicyOf,
  runningIn,
  standingOf,
  succeeded,
} from "./view.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** How far the init containers are. */
export type Initialization = "working" | "done" | "failed";

/** `failed`: one of them did, and will not be tried again. */
export function initialization(view: PodView): Initialization {
  // They were done when the first of the others started; what a sidecar does later is its own.
  if (containersOf(view.pod).some(({ name = "" }) => latestOf(view, name))) return "done";
  const isLast = restartPolicyOf(view.pod) === "Never" || isDeleted(view.pod);
  for (const container of initContainersOf(view.pod)) {
    const latest = latestOf(view, container.name ?? "");
    const isInitialized = isSidecar(container) ? hasStarted(view, container) : succeeded(latest);
    if (isInitialized) continue;
    return !isSidecar(container) && failed(latest) && isLast ? "failed" : "working";
  }
  return "done";
}

/** Seconds are counted from status.startTime. */
export function isPastDeadline({ pod, now }: PodView): boolean {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const started = Date.parse(pod.status?.startTime ?? "");
  return seconds !== undefined && !Number.isNaN(started) && now - started >= seconds * 1_000;
}

/** How the pod ends, once everything in it has; undefined while it has reason to go on. */
export function outcomeOf(view: PodView): "Succeeded" | "Failed" | undefined {
  const { pod, isTornDown } = view;
  const present = pod.status?.phase;
  if (present === "Succeeded" || present === "Failed") return present;
  if (isPastDeadline(view) || initialization(view) === "failed") return "Failed";
  const standings = containersOf(pod).map((container) => standingOf(view, container));
  if (standings.includes("unstarted")) return isTornDown ? "Failed" : undefined;
  if (standings.includes("running")) return undefined;
  const policy = isDeleted(pod) ? "Never" : restartPolicyOf(pod);
  if (policy === "Always") return undefined;
  if (standings.every((standing) => standing === "succeeded")) return "Succeeded";
  return policy === "Never" ? "Failed" : undefined;
}

/** A pod that ends is told to have ended when nothing of it runs any more. */
export function phaseOf(view: PodView): Phase {
  const outcome = outcomeOf(view);
  if (outcome && runningIn(view).length === 0) return outcome;
  if (initialization(view) !== "done") return "Pending";
  const isMissing = containersOf(view.pod).some(
    (container) => standingOf(view, container) === "unstarted",
  );
  return isMissing ? "Pending" : "Running";
}
