/** What is known of one pod when the kubelet decides about it: plain data. */
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeContainer, RuntimePod } from "../runtime.ts";

/** Why the last start of a container failed, until the next try. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
  readonly at: number;
  /** Failures in a row. */
  readonly count: number;
  /** Which start it was. */
  readonly attempt: number;
}

/** Results of a container's probes so far. */
export interface ProbeState {
  readonly started: boolean;
  readonly ready: boolean;
  /** Which probe gave up on it. */
  readonly unhealthy?: "startup" | "liveness";
}

export interface PodView {
  readonly pod: Pod;
  /** What the runtime has of it; undefined: nothing yet, or nothing any more. */
  readonly runtime: RuntimePod | undefined;
  readonly failures: ReadonlyMap<string, StartFailure>;
  /** Of containers that have probes; the others are ready when they run. */
  readonly probes: ReadonlyMap<string, ProbeState>;
  /** Containers that were told to end, with the seconds that they were given. */
  readonly stopping: ReadonlyMap<string, number>;
  /** The attempt of each container whose back-off was told in an event. */
  readonly backedOff: ReadonlyMap<string, number>;
  /** The sandbox was removed for good: the pod is over or deleted. */
  readonly isTornDown: boolean;
  readonly hostIp: string;
  readonly now: number;
}

/** The address that the pod has: its node's where it shares the node's network. */
export function podIpOf({ pod, runtime, hostIp }: PodView): string | undefined {
  return pod.spec?.hostNetwork && runtime ? hostIp : runtime?.ip;
}

/** The latest start of a container, if any. */
export function latestOf(view: PodView, name: string): RuntimeContainer | undefined {
  return attemptsOf(view, name).at(-1);
}

/** All starts of a container, oldest first. */
export function attemptsOf({ runtime }: PodView, name: string): RuntimeContainer[] {
  const containers = runtime?.containers.filter((container) => container.name === name) ?? [];
  return containers.toSorted((a, b) => a.attempt - b.attempt);
}

export const isSidecar = ({ restartPolicy }: Container) => restartPolicy === "Always";
export const initContainersOf = ({ spec }: Pod) => spec?.initContainers ?? [];
/** For debugging: they are started once, whenever they appear, and count for nothing. */
export const ephemeralContainersOf = ({ spec }: Pod): readonly Container[] =>
  spec?.ephemeralContainers ?? [];
export const containersOf = ({ spec }: Pod) => spec?.containers ?? [];
export const restartPolicyOf = ({ spec }: Pod) => spec?.restartPolicy ?? "Always";
export const isDeleted = ({ metadata }: Pod) => metadata?.deletionTimestamp !== undefined;

export const succeeded = (container: RuntimeContainer | undefined) =>
  container?.state === "exited" && container.exitCode === 0;
export const failed = (container: RuntimeContainer | undefined) =>
  container?.state === "exited" && container.exitCode !== 0;

/** What a container has come to; `lost`: it was there, and nobody knows how it ended. */
export type Standing = "unstarted" | "running" | "succeeded" | "failed" | "lost";

/** From the runtime, and from the status for what the runtime has no more. */
export function standingOf(view: PodView, { name = "" }: Container): Standing {
  const latest = latestOf(view, name);
  if (latest) return succeeded(latest) ? "succeeded" : failed(latest) ? "failed" : "running";
  const known = view.pod.status?.containerStatuses?.find((status) => status.name === name);
  if (!known?.containerID) return "unstarted";
  const exitCode = known.state?.terminated?.exitCode;
  if (exitCode === undefined) return "lost";
  return exitCode === 0 ? "succeeded" : "failed";
}

/** The last start's failure, unless it left a container behind that tells the same. */
export function failureOf(view: PodView, name: string): StartFailure | undefined {
  const failure = view.failures.get(name);
  return failure && latestOf(view, name)?.attempt === failure.attempt ? undefined : failure;
}

export const runningIn = ({ runtime }: PodView): RuntimeContainer[] =>
  runtime?.containers.filter(({ state }) => state === "running") ?? [];

/** Runs, and its probes (if it has any) say that it may serve. */
export function isServing(view: PodView, { name = "" }: Container): boolean {
  if (latestOf(view, name)?.state !== "running") return false;
  return view.probes.get(name)?.ready ?? true;
}

/** Runs, and its startup probe (if it has one) has succeeded. */
export function hasStarted(view: PodView, { name = "" }: Container): boolean {
  if (latestOf(view, name)?.state !== "running") return false;
  return view.probes.get(name)?.started ?? true;
}
