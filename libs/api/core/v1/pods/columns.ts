/** The row of a pod in `kubectl get pods` (Kubernetes: pkg/printers printPod). */
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
} from "#proto/gen/k8s/core/v1.ts";
import { isSidecar } from "../../../podtemplate/podresources.ts";
import { ageColumn, humanDuration, nameColumn } from "../../../printing.ts";
import type { PrintColumn } from "../../../resource.ts";

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** Milliseconds since 1970; 0 when no container has restarted. */
  readonly restartedAt: number;
}

/** What a pod's containers are about, in a word and three numbers. */
function summarize(pod: Pod): Summary {
  const { spec = {}, status = {}, metadata } = pod;
  const { initContainers = [], containers = [] } = spec;
  const sidecars = initContainers.filter(isSidecar);
  const start = startReason(pod);
  const starting = summarizeStart(pod, initContainers, start);
  const initialized = hasCondition(pod, "Initialized");
  const running =
    starting.initializing && !initialized ? starting : summarizeRun(pod, sidecars, starting);
  const deleted = metadata?.deletionTimestamp !== undefined;
  const finished = status.phase === "Succeeded" || status.phase === "Failed";
  let { reason } = running;
  if (deleted && status.reason === "NodeLost") reason = "Unknown";
  else if (deleted && !finished) reason = "Terminating";
  return {
    ready: running.ready,
    total: containers.length + sidecars.length,
    reason,
    restarts: running.restarts,
    restartedAt: running.restartedAt,
  };
}

function startReason({ status = {} }: Pod): string {
  const gated = (status.conditions ?? []).some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  if (gated) return "SchedulingGated";
  return status.reason || status.phase || "";
}

interface Progress {
  readonly initializing: boolean;
  readonly ready: number;
  readonly reason: string;
  readonly restarts: number;
  readonly restartedAt: number;
}

/** Init containers run in turn: the first that is not done tells the reason. */
function summarizeStart(
  { status = {} }: Pod,
  initContainers: readonly Container[],
  reason: string,
): Progress {
  const statuses = status.initContainerStatuses ?? [];
  let [ready, restarts, restartedAt] = [0, 0, 0];
  for (const [index, one] of statuses.entries()) {
    restarts += one.restartCount ?? 0;
    restartedAt = Math.max(restartedAt, lastEnd(one));
    const container = initContainers.find(({ name }) => name === one.name);
    if (one.state?.terminated !== undefined && !one.state.terminated.exitCode) continue;
    if (container !== undefined && isSidecar(container) && one.started === true) {
      if (one.ready === true) ready++;
      continue;
    }
    const why = initReason(one.state ?? {}, index, initContainers.length);
    return { initializing: true, ready, reason: why, restarts, restartedAt };
  }
  return { initializing: false, ready, reason, restarts, restartedAt };
}

function initReason({ terminated, waiting }: ContainerState, index: number, count: number) {
  if (terminated !== undefined) return `Init:${endReason(terminated)}`;
  const reason = waiting?.reason ?? "";
  if (reason !== "" && reason !== "PodInitializing") return `Init:${reason}`;
  return `Init:${index}/${count}`;
}

function endReason({ reason = "", signal = 0, exitCode = 0 }: ContainerStateTerminated): string {
  if (reason !== "") return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

/** Containers once started; of init containers only restarts of sidecars count on. */
function summarizeRun(pod: Pod, sidecars: readonly Container[], start: Progress): Progress {
  const { status = {} } = pod;
  const kept = (status.initContainerStatuses ?? []).filter((one) =>
    sidecars.some(({ name }) => name === one.name),
  );
  let { ready, reason } = start;
  let restarts = kept.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
  let restartedAt = Math.max(0, ...kept.map(lastEnd));
  let runs = false;
  // From last to first, so that the first container's reason wins.
  for (const one of (status.containerStatuses ?? []).toReversed()) {
    restarts += one.restartCount ?? 0;
    restartedAt = Math.max(restartedAt, lastEnd(one));
    const { waiting, terminated, running } = one.state ?? {};
    if (waiting !== undefined && (waiting.reason ?? "") !== "") reason = waiting.reason ?? "";
    else if (terminated !== undefined) reason = endReason(terminated);
    else if (one.ready === true && running !== undefined) {
      runs = true;
      ready++;
    }
  }
  if (reason === "Completed" && runs) reason = hasCondition(pod, "Ready") ? "Running" : "NotReady";
  return { initializing: false, ready, reason, restarts, restartedAt };
}

function lastEnd({ lastState }: ContainerStatus): number {
  const time = lastState?.terminated?.finishedAt;
  return time ? Date.parse(time) : 0;
}

function hasCondition({ status }: Pod, wanted: string): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === wanted && value === "True",
  );
}

function restartsText(pod: Pod, now: number): string {
  const { restarts, restartedAt } = summarize(pod);
  if (restarts === 0 || restartedAt === 0) return String(restarts);
  return `${restarts} (${humanDuration(now - restartedAt)} ago)`;
}

function readinessGatesText({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) =>
    hasCondition({ status: status ?? {} }, conditionType ?? ""),
  );
  return `${open.length}/${gates.length}`;
}

const orNone = (text: string | undefined): string => text || "<none>";

export const podColumns: readonly PrintColumn<Pod>[] = [
  nameColumn,
  {
    name: "Ready",
    type: "string",
    description: "How many containers are ready, of how many.",
    cell: (pod) => {
      const { ready, total } = summarize(pod);
      return `${ready}/${total}`;
    },
  },
  {
    name: "Status",
    type: "string",
    description: "What the containers are about, in a word.",
    cell: (pod) => summarize(pod).reason,
  },
  {
    name: "Restarts",
    type: "string",
    description: "How often containers restarted, and how long ago the last did.",
    cell: restartsText,
  },
  ageColumn,
  {
    name: "IP",
    type: "string",
    priority: 1,
    description: "The pod's address.",
    cell: ({ status }) => orNone(status?.podIPs?.[0]?.ip ?? status?.podIP),
  },
  {
    name: "Node",
    type: "string",
    priority: 1,
    description: "The node that the pod is bound to.",
    cell: ({ spec }) => orNone(spec?.nodeName),
  },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    description: "The node on which the scheduler makes room for the pod.",
    cell: ({ status }) => orNone(status?.nominatedNodeName),
  },
  {
    name: "Readiness Gates",
    type: "string",
    priority: 1,
    description: "How many further conditions of readiness hold, of how many.",
    cell: readinessGatesText,
  },
];
