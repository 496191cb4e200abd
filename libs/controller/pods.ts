/** What controllers want to know about a pod: pure. */
import type { Pod, PodCondition } from "#proto/gen/k8s/core/v1.ts";

/** Not finished and not on its way out. */
export function isActive({ status, metadata }: Pod): boolean {
  return !isFinished({ status }) && metadata?.deletionTimestamp === undefined;
}

/** Succeeded or Failed: its containers will not run again. */
export function isFinished({ status }: Pick<Pod, "status">): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** The pod's condition of a type, if it has one. */
export function podCondition({ status }: Pod, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the pod's Ready condition is True. */
export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Milliseconds since 1970 at which the pod became ready; undefined when it is not. */
export function readySince(pod: Pod): number | undefined {
  const condition = podCondition(pod, "Ready");
  if (condition?.status !== "True") return undefined;
  return Date.parse(condition.lastTransitionTime ?? "") || 0;
}

/** Ready for at least that long. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  const since = readySince(pod);
  if (since === undefined) return false;
  return minReadySeconds === 0 || now - since >= minReadySeconds * 1_000;
}

/** Milliseconds until a ready pod counts as available; undefined when it is or cannot become so. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const since = readySince(pod);
  if (since === undefined || isAvailable(pod, minReadySeconds, now)) return undefined;
  return since + minReadySeconds * 1_000 - now;
}

/** Restarts of all containers together. */
export function restartCount({ status }: Pod): number {
  let restarts = 0;
  for (const container of status?.containerStatuses ?? []) {
    restarts += container.restartCount ?? 0;
  }
  return restarts;
}
