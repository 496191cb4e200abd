/** The status that a pod should show, from what its containers do: pure. */
import { isDeepStrictEqual } from "node:util";
import { goQuote } from "#libs/api/gotext.ts";
import { timeText } from "#libs/api/time.ts";
import type {
  Container,
  ContainerState,
  ContainerStatus,
  PodCondition,
  PodStatus,
} from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeContainer } from "../runtime.ts";
import { crashBackoffMs } from "./backoff.ts";
import { initialization, isPastDeadline, outcomeOf, type Phase, phaseOf } from "./phase.ts";
import {
  attemptsOf,
  containersOf,
  ephemeralContainersOf,
  failed,
  failureOf,
  hasStarted,
  initContainersOf,
  isDeleted,
  isServing,
  isSidecar,
  latestOf,
  podIpOf,
  type PodView,
  restartPolicyOf,
  type StartFailure,
} from "./view.ts";

/** The whole status: what others set (readiness gates) stays as it is. */
export function statusOf(view: PodView): PodStatus {
  const { pod, hostIp, now } = view;
  const present = pod.status ?? {};
  const phase = phaseOf(view);
  const ip = podIpOf(view) ?? present.podIP;
  const pastDeadline = isPastDeadline(view);
  const of = (containers: readonly Container[], kind: Kind) =>
    containers.map((container) => containerStatus(view, container, kind));
  const inits = of(initContainersOf(pod), "init");
  const main = of(containersOf(pod), "main");
  const ephemeral = of(ephemeralContainersOf(pod), "ephemeral");
  return {
    ...present,
    ...(pod.metadata?.generation ? { observedGeneration: pod.metadata.generation } : {}),
    phase,
    conditions: conditionsOf(view, phase),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
    startTime: present.startTime ?? timeText(now),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: main,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    ...(pastDeadline && phase === "Failed" && present.phase !== "Failed"
      ? {
          reason: "DeadlineExceeded",
          message: "Pod was active on the node longer than the specified deadline",
        }
      : {}),
  };
}

/** Times of conditions and back-off texts aside, do two statuses say the same? */
export function isSameStatus(next: PodStatus, present: PodStatus | undefined): boolean {
  return present !== undefined && isDeepStrictEqual(comparable(next), comparable(present));
}

function comparable(status: PodStatus): unknown {
  // Undefined members and absent ones are the same on the wire.
  return JSON.parse(JSON.stringify({ ...status, qosClass: undefined })) as unknown;
}

type Kind = "init" | "main" | "ephemeral";

function containerStatus(view: PodView, container: Container, kind: Kind): ContainerStatus {
  const { name = "", image = "" } = container;
  const attempts = attemptsOf(view, name);
  const latest = attempts.at(-1);
  const known = knownStatus(view, name, kind);
  // A container that the runtime forgot (a pod torn down, a node that restarted) keeps its story.
  if (!latest && known?.containerID) return forgotten(view, container, known, kind);
  const state = stateOf(view, container, kind);
  const before = latest?.state === "exited" && state.waiting ? latest : attempts.at(-2);
  return {
    name,
    state,
    lastState: lastStateOf(before, latest, known),
    ready: isReady(view, container, kind),
    restartCount: latest?.attempt ?? known?.restartCount ?? 0,
    image: latest?.image ?? image,
    imageID: latest?.imageId ?? "",
    ...(latest ? { containerID: latest.id } : {}),
    ...(kind === "ephemeral" ? {} : { started: hasStarted(view, container) }),
    ...(latest ? facts(container) : {}),
  };
}

function isReady(view: PodView, container: Container, kind: Kind): boolean {
  if (kind === "ephemeral") return false;
  if (kind === "main" || isSidecar(container)) return isServing(view, container);
  return latestOf(view, container.name ?? "")?.exitCode === 0;
}

/** How the start before ended; the status remembers what the runtime has forgotten. */
function lastStateOf(
  before: RuntimeContainer | undefined,
  latest: RuntimeContainer | undefined,
  known: ContainerStatus | undefined,
): ContainerState {
  if (before?.state === "exited") return { terminated: terminated(before) };
  const remembered = known?.lastState?.terminated;
  return remembered && latest && latest.attempt > 0 ? { terminated: remembered } : {};
}

const statusFields = {
  init: "initContainerStatuses",
  main: "containerStatuses",
  ephemeral: "ephemeralContainerStatuses",
} as const;

function knownStatus({ pod }: PodView, name: string, kind: Kind): ContainerStatus | undefined {
  return pod.status?.[statusFields[kind]]?.find((known) => known.name === name);
}

/** What a container that was made was made with. */
function facts(container: Container): Partial<ContainerStatus> {
  const { resources: { limits, requests } = {}, volumeMounts = [] } = container;
  const mounts = volumeMounts.map(({ name = "", mountPath = "", readOnly }) => ({
    name,
    mountPath,
    ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
  }));
  return {
    ...(requests ? { allocatedResources: requests } : {}),
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
}

const lostAtEnd = "The container could not be located when the pod was terminated";
const lostMeanwhile =
  "The container could not be located when the pod was deleted.  " +
  "The container used to be Running";

/** It was there and is no more: it ended with the pod, unless a new one is about to start. */
function forgotten(
  view: PodView,
  container: Container,
  known: ContainerStatus,
  kind: Kind,
): ContainerStatus {
  const { isTornDown, pod, now } = view;
  const { running, terminated } = known.state ?? {};
  if (terminated) return { ...known, ready: known.ready && !isDeleted(pod) };
  const isOver = isTornDown || isDeleted(pod) || outcomeOf(view) !== undefined;
  const isLast = isOver || kind === "ephemeral";
  const lost = {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: isLast ? lostAtEnd : lostMeanwhile,
    finishedAt: timeText(now),
    startedAt: running?.startedAt ?? timeText(now),
    ...(known.containerID ? { containerID: known.containerID } : {}),
  };
  const ended = running ? lost : (known.lastState?.terminated ?? lost);
  const rest = { ...known, ready: false, started: false };
  if (isLast) return { ...rest, state: { terminated: ended } };
  const failure = failureOf(view, known.name ?? "");
  const waiting = failure ? failedStart(failure, container) : { reason: waitingReason(view) };
  return { ...rest, state: { waiting }, lastState: { terminated: ended } };
}

function stateOf(view: PodView, container: Container, kind: Kind): ContainerState {
  const { name = "" } = container;
  const attempts = attemptsOf(view, name);
  const latest = attempts.at(-1);
  const failure = view.failures.get(name);
  if (latest?.state === "running") {
    return { running: { startedAt: timeText(latest.startedAt) } };
  }
  const goesOn = !isDeleted(view.pod) && !outcomeOf(view);
  const standing = failureOf(view, name);
  if (standing && goesOn) return { waiting: failedStart(standing, container) };
  if (!latest) return { waiting: { reason: waitingReason(view) } };
  if (!goesOn || !willRestart(view, container, kind, latest)) {
    return { terminated: terminated(latest) };
  }
  const backoff = crashBackoffMs(attempts);
  if (backoff === 0 && failure) return { waiting: failedStart(failure, container) };
  if (backoff === 0) return { terminated: terminated(latest) };
  const { name: podName = "", namespace = "", uid = "" } = view.pod.metadata ?? {};
  const message =
    `back-off ${goSeconds(backoff)} restarting failed container=${name} ` +
    `pod=${podName}_${namespace}(${uid})`;
  return { waiting: { reason: "CrashLoopBackOff", message } };
}

/** As Go prints a duration of whole seconds: 10s, 1m20s, 5m0s. */
function goSeconds(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function failedStart(failure: StartFailure, { image = "" }: Container) {
  const { reason, message, count } = failure;
  if (reason !== "ErrImagePull" || count === 1) return { reason, message };
  // The first failure shows what went wrong; from the second on waiting is the news.
  const text = `Back-off pulling image ${goQuote(image)}: ErrImagePull: ${message}`;
  return { reason: "ImagePullBackOff", message: text };
}

const waitingReason = ({ pod }: PodView): string =>
  initContainersOf(pod).length > 0 ? "PodInitializing" : "ContainerCreating";

/** Will a container that ended be started again, now or later? */
function willRestart(
  { pod }: PodView,
  container: Container,
  kind: Kind,
  latest: RuntimeContainer,
): boolean {
  if (kind === "ephemeral") return false;
  if (isSidecar(container)) return true;
  const policy = restartPolicyOf(pod);
  if (policy === "Always") return kind === "main" || failed(latest);
  return policy === "OnFailure" && failed(latest);
}

function terminated(container: RuntimeContainer): NonNullable<ContainerState["terminated"]> {
  const {
    id,
    exitCode = 0,
    signal,
    reason,
    message,
    startedAt,
    finishedAt = startedAt,
  } = container;
  return {
    exitCode,
    ...(signal ? { signal } : {}),
    reason: reason ?? (exitCode === 0 ? "Completed" : "Error"),
    ...(message ? { message } : {}),
    startedAt: timeText(startedAt),
    finishedAt: timeText(finishedAt),
    containerID: id,
  };
}

type Wanted = Pick<PodCondition, "type" | "status" | "reason" | "message">;

const kubeletConditions: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
]);

function conditionsOf(view: PodView, phase: Phase): PodCondition[] {
  const { pod, runtime, now } = view;
  const present = pod.status?.conditions ?? [];
  const ready = readiness(view, phase);
  const wanted: Wanted[] = [
    { type: "PodReadyToStartContainers", status: runtime?.isRunning ? "True" : "False" },
    initialized(view, phase),
    { ...ready, type: "Ready", ...gates(view, ready) },
    { ...ready, type: "ContainersReady" },
    { type: "PodScheduled", status: "True" },
  ];
  const own = wanted.map((next) => stamped(view, next, present, now));
  return [...own, ...present.filter(({ type = "" }) => !kubeletConditions.has(type))];
}

function stamped(
  { pod }: PodView,
  next: Wanted,
  present: readonly PodCondition[],
  now: number,
): PodCondition {
  const known = present.find(({ type }) => type === next.type);
  const generation = pod.metadata?.generation;
  const lastTransitionTime =
    known?.status === next.status && known?.lastTransitionTime
      ? known.lastTransitionTime
      : timeText(now);
  return {
    ...next,
    ...(generation ? { observedGeneration: generation } : {}),
    lastProbeTime: known?.lastProbeTime ?? (null as unknown as string),
    lastTransitionTime,
  };
}

function initialized(view: PodView, phase: Phase): Wanted {
  const type = "Initialized";
  if (initialization(view) === "done") {
    return phase === "Succeeded"
      ? { type, status: "True", reason: "PodCompleted" }
      : { type, status: "True" };
  }
  const incomplete = initContainersOf(view.pod)
    .filter((container) => {
      if (isSidecar(container)) return !hasStarted(view, container);
      return latestOf(view, container.name ?? "")?.exitCode !== 0;
    })
    .map(({ name = "" }) => name);
  const message = `containers with incomplete status: [${incomplete.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotInitialized", message };
}

function readiness(view: PodView, phase: Phase): Omit<Wanted, "type"> {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  const serving = [...initContainersOf(view.pod).filter(isSidecar), ...containersOf(view.pod)];
  const unready = serving.filter((container) => !isServing(view, container));
  if (unready.length === 0) return { status: "True" };
  const names = unready.map(({ name = "" }) => name);
  const message = `containers with unready status: [${names.join(" ")}]`;
  return { status: "False", reason: "ContainersNotReady", message };
}

/** Readiness gates: conditions that others set, and that must be true too. */
function gates({ pod }: PodView, ready: Omit<Wanted, "type">): Partial<Wanted> {
  if (ready.status !== "True") return {};
  const parts = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType = "" }) => {
    const found = pod.status?.conditions?.find(({ type }) => type === conditionType);
    const gate = `pod readiness gate ${goQuote(conditionType)}`;
    if (!found) return [`corresponding condition of ${gate} does not exist.`];
    if (found.status === "True") return [];
    return [`the status of ${gate} is not "True", but ${found.status ?? ""}`];
  });
  if (parts.length === 0) return {};
  return { status: "False", reason: "ReadinessGatesNotReady", message: parts.join(", ") };
}
