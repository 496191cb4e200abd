/** The phase of a pod, from what its containers do: pure. As kubelet's getPhase. */
import {
  containersOf,
  failed,
  initContainersOf,
  isSidecar,
  latestOf,
  type PodView,
  restartPolicyOf,
  succeeded,
} from "./view.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

/** How far the init containers are. */
export type Initialization = "working" | "done" | "failed";

export function initialization(view: PodView): Initialization {
  for (const container of initContainersOf(view.pod)) {
    const latest = latestOf(view, container.name ?? "");
    if (isSidecar(container)) {
      if (!latest) return "working";
      continue;
    }
    if (succeeded(latest)) continue;
    if (failed(latest) && restartPolicyOf(view.pod) === "Never") return "failed";
    return "working";
  }
  return "done";
}

/** Seconds are counted from status.startTime. */
export function isPastDeadline({ pod, now }: PodView): boolean {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const started = Date.parse(pod.status?.startTime ?? "");
  return seconds !== undefined && !Number.isNaN(started) && now - started >= seconds * 1_000;
}

export function phaseOf(view: PodView): Phase {
  const { pod, isTornDown } = view;
  const present = pod.status?.phase;
  if (present === "Succeeded" || present === "Failed") return present;
  if (isPastDeadline(view)) return "Failed";
  const state = initialization(view);
  if (state === "failed") return "Failed";
  if (state === "working") return "Pending";
  const latest = containersOf(pod).map(({ name = "" }) => latestOf(view, name));
  if (latest.some((container) => container === undefined)) {
    return isTornDown ? "Failed" : latest.some(Boolean) ? "Running" : "Pending";
  }
  if (latest.some((container) => container?.state === "running")) return "Running";
  if (restartPolicyOf(pod) === "Always") return "Running";
  if (latest.every(succeeded)) return "Succeeded";
  return restartPolicyOf(pod) === "Never" ? "Failed" : "Running";
}

export const isOver = (phase: Phase) => phase === "Succeeded" || phase === "Failed";
