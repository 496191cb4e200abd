/** What the kubelet does next for one pod. As kubelet's computePodActions, over plain data. */
import type { Container, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import type { RuntimeContainer } from "../runtime.ts";
import { crashBackoffMs, startBackoffMs } from "./backoff.ts";
import { initialization, isOver, isPastDeadline, phaseOf } from "./phase.ts";
import { isSameStatus, statusOf } from "./status.ts";
import {
  attemptsOf,
  containersOf,
  failed,
  hasStarted,
  initContainersOf,
  isDeleted,
  isSidecar,
  latestOf,
  type PodView,
  restartPolicyOf,
  succeeded,
} from "./view.ts";

export type Action =
  | { readonly type: "CreateSandbox" }
  | { readonly type: "StartContainer"; readonly container: Container; readonly attempt: number }
  | { readonly type: "StopContainer"; readonly name: string; readonly graceSeconds: number }
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

export function plan(view: PodView): PodPlan {
  if (isDeleted(view.pod)) return whileDeleted(view);
  const phase = phaseOf(view);
  if (isOver(phase)) return whileOver(view);
  const steps = whileAlive(view);
  return withStatus(view, steps.actions, steps.wakeAfterMs);
}

function withStatus(
  view: PodView,
  actions: readonly Action[],
  wakeAfterMs: number | undefined,
): PodPlan {
  // What is about to change is told once it has: a status now would only be written twice.
  const isSettling = actions.some(({ type }) => type !== "StopContainer");
  const status = statusOf(view);
  const isNews = !isSettling && !isSameStatus(status, view.pod.status);
  const told: Action[] = isNews ? [{ type: "WriteStatus", status }] : [];
  return { actions: [...actions, ...told], wakeAfterMs, isGone: false };
}

function whileDeleted(view: PodView): PodPlan {
  const { pod, runtime, isTornDown } = view;
  const graceSeconds = pod.metadata?.deletionGracePeriodSeconds ?? graceSecondsDefault;
  const running = runtime?.containers.filter(({ state }) => state === "running") ?? [];
  if (running.length > 0) {
    const actions = stopAll(view, running, graceSeconds);
    return { actions, wakeAfterMs: undefined, isGone: false };
  }
  const status = statusOf(view);
  const told: Action[] = isSameStatus(status, pod.status) ? [] : [{ type: "WriteStatus", status }];
  const torn: Action[] =
    runtime && !isTornDown ? [{ type: "RemoveSandbox", keepLogs: false }] : [];
  return { actions: [...told, ...torn, { type: "DeletePod" }], wakeAfterMs: undefined, isGone: true };
}

function whileOver(view: PodView): PodPlan {
  const { runtime } = view;
  const running = runtime?.containers.filter(({ state }) => state === "running") ?? [];
  const graceSeconds = view.pod.spec?.terminationGracePeriodSeconds ?? graceSecondsDefault;
  if (running.length > 0) {
    return withStatus(view, stopAll(view, running, graceSeconds), undefined);
  }
  const { actions } = withStatus(view, [], undefined);
  const torn: Action[] = runtime?.isRunning ? [{ type: "RemoveSandbox", keepLogs: true }] : [];
  return { actions: [...actions, ...torn], wakeAfterMs: undefined, isGone: false };
}

/** Stops what was not told yet, or was given more time than it now has. */
function stopAll(
  { stopping }: PodView,
  running: readonly RuntimeContainer[],
  graceSeconds: number,
): Action[] {
  return running
    .filter(({ name }) => (stopping.get(name) ?? Number.POSITIVE_INFINITY) > graceSeconds)
    .map(({ name }) => ({ type: "StopContainer", name, graceSeconds }));
}

interface Steps {
  readonly actions: readonly Action[];
  readonly wakeAfterMs: number | undefined;
}

function whileAlive(view: PodView): Steps {
  if (isPastDeadline(view)) return { actions: [], wakeAfterMs: undefined };
  if (!view.runtime?.isRunning) return afterFailure(view, "", [{ type: "CreateSandbox" }]);
  const unhealthy = view.runtime.containers.filter(
    ({ name, state }) => state === "running" && view.probes.get(name)?.isUnhealthy,
  );
  const graceSeconds = view.pod.spec?.terminationGracePeriodSeconds ?? graceSecondsDefault;
  const stops = stopAll(view, unhealthy, graceSeconds);
  if (stops.length > 0) return { actions: stops, wakeAfterMs: undefined };
  const steps = initialization(view) === "done" ? startContainers(view) : startInit(view);
  return earliest([steps, untilDeadline(view)]);
}

function untilDeadline({ pod, now }: PodView): Steps {
  const seconds = pod.spec?.activeDeadlineSeconds;
  const started = Date.parse(pod.status?.startTime ?? "");
  if (seconds === undefined || Number.isNaN(started)) return { actions: [], wakeAfterMs: undefined };
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
    const mayRestart = restartPolicyOf(view.pod) !== "Never";
    steps.push(start(view, container, mayRestart));
    return earliest(steps);
  }
  return earliest(steps);
}

function startContainers(view: PodView): Steps {
  const sidecars = initContainersOf(view.pod).filter(isSidecar);
  const policy = restartPolicyOf(view.pod);
  const steps = containersOf(view.pod).map((container) => {
    const latest = latestOf(view, container.name ?? "");
    const mayRestart = policy === "Always" || (policy === "OnFailure" && failed(latest));
    return start(view, container, mayRestart);
  });
  return earliest([...sidecars.map((sidecar) => start(view, sidecar, true)), ...steps]);
}

/** Starts a container that does not run, now or when its back-off is over. */
function start(view: PodView, container: Container, mayRestart: boolean): Steps {
  const { name = "" } = container;
  const attempts = attemptsOf(view, name);
  const latest = attempts.at(-1);
  if (latest?.state === "running") return { actions: [], wakeAfterMs: undefined };
  if (latest && !mayRestart) return { actions: [], wakeAfterMs: undefined };
  const attempt = nextAttempt(view, name, latest?.attempt);
  const begin: Action = { type: "StartContainer", container, attempt };
  if (!latest) return afterFailure(view, name, [begin]);
  const readyAt = (latest.finishedAt ?? view.now) + crashBackoffMs(attempts);
  if (readyAt > view.now) return { actions: [], wakeAfterMs: readyAt - view.now };
  return afterFailure(view, name, [begin]);
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
  const failure = view.failures.get(name);
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
