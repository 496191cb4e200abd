/** What the kubelet does next for one pod. As kubelet's computePodActions, over plain data. */
import type { Container, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import { crashBackoffMs, startBackoffMs } from "./backoff.ts";
import { initialization, outcomeOf } from "./phase.ts";
import { isSameStatus, statusOf } from "./status.ts";
import {
  attemptsOf,
  containersOf,
  ephemeralContainersOf,
  failureOf,
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

/** The pod ends, a probe gave up on the container, or it should run another image. */
export type StopReason = "end" | "startup" | "liveness" | "definition";

export type Action =
  /** `isAgain`: the one before ended under its containers. */
  | { readonly type: "CreateSandbox"; readonly isAgain: boolean }
  | { readonly type: "StartContainer"; readonly container: Container; readonly attempt: number }
  | {
      readonly type: "StopContainer";
      readonly name: string;
      readonly graceSeconds: number;
      readonly why: StopReason;
    }
  /** The container ended too often to be started now. */
  | { readonly type: "TellBackOff"; readonly name: string; readonly attempt: number }
  | { readonly type: "RemoveSandbox"; readonly keepLogs: boolean }
  | { readonly type: "WriteStatus"; readonly status: PodStatus }
  /** The last word: takes the object away. */
  | { readonly type: "DeletePod" };

export interface PodPlan {
  readonly actions: readonly Action[];
  /** Look again after this many milliseconds although nothing changed. */
  readonly wakeAfterMs: number | undefined;
  /** Nothing is left to do for this pod. */
  readonly isGone: boolean;
}

const graceSecondsDefault = 30;

/** Everything that can be done now for the pod as it is seen. There is a plan for any view. */
export function plan(view: PodView): PodPlan {
  if (isDeleted(view.pod)) return whileDeleted(view);
  if (outcomeOf(view)) return whileOver(view);
  const steps = whileAlive(view);
  return withStatus(view, steps.actions, steps.wakeAfterMs);
}

function withStatus(
  view: PodView,
  actions: readonly Action[],
  wakeAfterMs: number | undefined,
): PodPlan {
  // What is about to change is told once it has: a status now would only be written twice.
  const isSettling = actions.some(
    ({ type }) => type === "StartContainer" || type === "CreateSandbox",
  );
  const status = statusOf(view);
  const isNews = !isSettling && !isSameStatus(status, view.pod.status);
  const told: Action[] = isNews ? [{ type: "WriteStatus", status }] : [];
  return { actions: [...actions, ...told], wakeAfterMs, isGone: false };
}

function whileDeleted(view: PodView): PodPlan {
  const { pod } = view;
  const graceSeconds = pod.metadata?.deletionGracePeriodSeconds ?? graceSecondsDefault;
  if (runningIn(view).length > 0) {
    return withStatus(view, stopAll(view, graceSeconds), undefined);
  }
  const status = statusOf(view);
  const told: Action[] = isSameStatus(status, pod.status) ? [] : [{ type: "WriteStatus", status }];
  // Also where the runtime knows no container any more: the pod may have left files.
  const last: Action[] = [{ type: "RemoveSandbox", keepLogs: false }, { type: "DeletePod" }];
  return { actions: [...told, ...last], wakeAfterMs: undefined, isGone: true };
}

function whileOver(view: PodView): PodPlan {
  const graceSeconds = view.pod.spec?.terminationGracePeriodSeconds ?? graceSecondsDefault;
  if (runningIn(view).length > 0) {
    return withStatus(view, stopAll(view, graceSeconds), undefined);
  }
  const { actions } = withStatus(view, [], undefined);
  const torn: Action[] = view.runtime?.isRunning ? [{ type: "RemoveSandbox", keepLogs: true }] : [];
  return { actions: [...actions, ...torn], wakeAfterMs: undefined, isGone: false };
}

/** Sidecars go last, in the reverse order of their start, with the time that is left. */
function stopAll(view: PodView, graceSeconds: number): Action[] {
  const names = runningIn(view).map(({ name }) => name);
  const sidecars = initContainersOf(view.pod)
    .filter(isSidecar)
    .map(({ name = "" }) => name);
  const others = names.filter((name) => !sidecars.includes(name));
  if (others.length > 0) return stop(view, others, graceSeconds, graceSeconds);
  const last = sidecars.findLast((name) => names.includes(name));
  if (last === undefined) return [];
  return stop(view, [last], graceSeconds, Math.min(graceSeconds, secondsLeft(view, graceSeconds)));
}

/** As the kubelet's: nobody is killed without a chance to notice. */
const sidecarSecondsMin = 2;

function secondsLeft({ pod, now }: PodView, graceSeconds: number): number {
  const deadline = Date.parse(pod.metadata?.deletionTimestamp ?? "");
  if (Number.isNaN(deadline)) return graceSeconds;
  return Math.max(sidecarSecondsMin, Math.ceil((deadline - now) / 1_000));
}

/** Stops what was not told yet, or was given more time than the pod now has. */
function stop(
  { stopping }: PodView,
  names: readonly string[],
  secondsMax: number,
  graceSeconds: number,
  why: StopReason = "end",
): Action[] {
  return names
    .filter((name) => (stopping.get(name) ?? Number.POSITIVE_INFINITY) > secondsMax)
    .map((name) => ({ type: "StopContainer", name, graceSeconds, why }));
}

interface Steps {
  readonly actions: readonly Action[];
  readonly wakeAfterMs: number | undefined;
}

function whileAlive(view: PodView): Steps {
  if (!view.runtime?.isRunning) {
    const isAgain = (view.runtime?.containers.length ?? 0) > 0;
    return afterFailure(view, "", [{ type: "CreateSandbox", isAgain }]);
  }
  const stops = stopUnwanted(view);
  if (stops.length > 0) return { actions: stops, wakeAfterMs: undefined };
  const steps = initialization(view) === "done" ? startContainers(view) : startInit(view);
  return earliest([startEphemeral(view), steps, untilDeadline(view)]);
}

/** Once each, also while the pod is only being initialized, as the kubelet does. */
function startEphemeral(view: PodView): Steps {
  const known = view.pod.status?.ephemeralContainerStatuses ?? [];
  const steps = ephemeralContainersOf(view.pod).map((container) => {
    const { name = "" } = container;
    // One that the runtime has forgotten is over.
    const wasStarted = known.some((status) => status.name === name && status.containerID);
    return start(view, container, !wasStarted && attemptsOf(view, name).length === 0);
  });
  return earliest(steps);
}

/** What is unhealthy or outdated ends, and is started again like anything that ended. */
function stopUnwanted(view: PodView): Action[] {
  const { spec } = view.pod;
  return [...initContainersOf(view.pod), ...containersOf(view.pod)].flatMap((container) => {
    const { name = "", image, livenessProbe, startupProbe } = container;
    const latest = latestOf(view, name);
    if (latest?.state !== "running") return [];
    const unhealthy = view.probes.get(name)?.unhealthy;
    const why = unhealthy ?? (latest.image === image ? undefined : "definition");
    if (!why) return [];
    const probe = { startup: startupProbe, liveness: livenessProbe, definition: undefined }[why];
    const graceSeconds =
      probe?.terminationGracePeriodSeconds ??
      spec?.terminationGracePeriodSeconds ??
      graceSecondsDefault;
    return stop(view, [name], graceSeconds, graceSeconds, why);
  });
}

function untilDeadline({ pod, now }: PodView): Steps {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const started = Date.parse(pod.status?.startTime ?? "");
  if (seconds === undefined || Number.isNaN(started))
    return { actions: [], wakeAfterMs: undefined };
  return { actions: [], wakeAfterMs: Math.max(0, started + seconds * 1_000 - now) + 1 };
}

/** Init containers one after the other; those that stay only have to have started. */
function startInit(view: PodView): Steps {
  const steps: Steps[] = [];
  for (const container of initContainersOf(view.pod)) {
    const latest = latestOf(view, container.name ?? "");
    if (isSidecar(container)) {
      steps.push(start(view, container, true));
      if (hasStarted(view, container)) continue;
      return earliest(steps);
    }
    if (succeeded(latest)) continue;
    const mayStart = latest === undefined || restartPolicyOf(view.pod) !== "Never";
    steps.push(start(view, container, mayStart));
    return earliest(steps);
  }
  return earliest(steps);
}

function startContainers(view: PodView): Steps {
  const sidecars = initContainersOf(view.pod).filter(isSidecar);
  const policy = restartPolicyOf(view.pod);
  const steps = containersOf(view.pod).map((container) => {
    const standing = standingOf(view, container);
    const mayRestart = policy === "Always" || (policy === "OnFailure" && standing !== "succeeded");
    return start(view, container, standing === "unstarted" || mayRestart);
  });
  return earliest([...sidecars.map((sidecar) => start(view, sidecar, true)), ...steps]);
}

/** Starts a container that does not run, now or when its back-off is over. */
function start(view: PodView, container: Container, mayStart: boolean): Steps {
  const { name = "" } = container;
  const attempts = attemptsOf(view, name);
  const latest = attempts.at(-1);
  if (latest?.state === "running") return { actions: [], wakeAfterMs: undefined };
  if (!mayStart) return { actions: [], wakeAfterMs: undefined };
  const attempt = nextAttempt(view, name, latest?.attempt);
  const begin: Action = { type: "StartContainer", container, attempt };
  if (!latest) return afterFailure(view, name, [begin]);
  const readyAt = (latest.finishedAt ?? view.now) + crashBackoffMs(attempts);
  if (readyAt <= view.now) return afterFailure(view, name, [begin]);
  const isTold = view.backedOff.get(name) === latest.attempt;
  const told: Action[] = isTold ? [] : [{ type: "TellBackOff", name, attempt: latest.attempt }];
  return { actions: told, wakeAfterMs: readyAt - view.now };
}

/** A node that lost its containers goes on counting where the status left off. */
function nextAttempt({ pod }: PodView, name: string, latest: number | undefined): number {
  if (latest !== undefined) return latest + 1;
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const known = [...containerStatuses, ...initContainerStatuses].find(
    (status) => status.name === name,
  );
  return known?.containerID ? (known.restartCount ?? 0) + 1 : 0;
}

function afterFailure(view: PodView, name: string, actions: readonly Action[]): Steps {
  const failure = failureOf(view, name);
  if (!failure) return { actions, wakeAfterMs: undefined };
  const readyAt = failure.at + startBackoffMs(failure);
  return readyAt > view.now
    ? { actions: [], wakeAfterMs: readyAt - view.now }
    : { actions, wakeAfterMs: undefined };
}

function earliest(steps: readonly Steps[]): Steps {
  const waits = steps.flatMap(({ wakeAfterMs }) => wakeAfterMs ?? []);
  return {
    actions: steps.flatMap(({ actions }) => actions),
    wakeAfterMs: waits.length > 0 ? Math.min(...waits) : undefined,
  };
}
