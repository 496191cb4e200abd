/** Status and conditions of a Deployment: pure. Texts and reasons are Kubernetes'. */
import { timeText } from "#libs/api/time.ts";
import type {
  Deployment,
  DeploymentCondition,
  DeploymentStatus,
  ReplicaSet,
} from "#proto/gen/k8s/apps/v1.ts";
import { availableOf, nameOf, replicasOf, sortSets, sum, type Wanted } from "./sets.ts";

export interface StatusInput {
  readonly deployment: Deployment;
  readonly wanted: Wanted;
  readonly sets: readonly ReplicaSet[];
  /** True when only sizes are kept (paused or scaling): the progress is not judged then. */
  readonly isHeld: boolean;
  /** The new set was created in this pass, or found for the first time. */
  readonly discovery: "created" | "found" | undefined;
  readonly now: number;
}

type Condition = Required<Pick<DeploymentCondition, "type" | "status" | "reason" | "message">>;

const timedOutReason = "ProgressDeadlineExceeded";
const availableReason = "NewReplicaSetAvailable";

const condition = (status: DeploymentStatus | undefined, type: string) =>
  status?.conditions?.find((present) => present.type === type);

/** Sets a condition; same status and reason change nothing, same status keeps its time. */
function withCondition(
  conditions: readonly DeploymentCondition[],
  next: Condition,
  now: number,
): DeploymentCondition[] {
  const present = conditions.find(({ type }) => type === next.type);
  if (present?.status === next.status && present.reason === next.reason) return [...conditions];
  return [...without(conditions, next.type), stamped(next, present, now)];
}

function stamped(
  next: Condition,
  present: DeploymentCondition | undefined,
  now: number,
): DeploymentCondition {
  const time = timeText(now);
  const keepsTime = present?.status === next.status;
  const lastTransitionTime = keepsTime ? (present?.lastTransitionTime ?? time) : time;
  return { ...next, lastUpdateTime: time, lastTransitionTime };
}

const without = (conditions: readonly DeploymentCondition[], type: string) =>
  conditions.filter((present) => present.type !== type);

/**
 * The status of a Deployment with these sets: counts, availability, and progress, which is not
 * judged while it is paused or is being deleted (`isHeld`).
 */
export function statusOf(input: StatusInput): DeploymentStatus {
  const { deployment, wanted } = input;
  const counted = countsOf(input);
  let conditions = [...(deployment.status?.conditions ?? [])];
  if (input.discovery && wanted.progressDeadlineSeconds !== undefined) {
    conditions = noteDiscovery(conditions, input);
  }
  if (input.isHeld) conditions = notePause(conditions, input);
  conditions = withCondition(conditions, availability(wanted, counted), input.now);
  if (!input.isHeld) conditions = noteProgress(conditions, counted, input);
  return { ...counted, ...(conditions.length > 0 ? { conditions } : {}) };
}

function countsOf({ deployment, sets }: StatusInput): DeploymentStatus {
  const { newSet } = sortSets(deployment, sets);
  const actual = (set: ReplicaSet) => set.status?.replicas ?? 0;
  const available = sum(sets, availableOf);
  const terminating = sum(sets, (set) => set.status?.terminatingReplicas ?? 0);
  const counts = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    replicas: sum(sets, actual),
    updatedReplicas: newSet ? actual(newSet) : 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, replicasOf) - available),
  };
  const present = Object.entries(counts).filter(([, count]) => count !== 0);
  const { collisionCount } = deployment.status ?? {};
  return {
    ...Object.fromEntries(present),
    terminatingReplicas: terminating,
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

function availability(wanted: Wanted, { availableReplicas = 0 }: DeploymentStatus): Condition {
  if (availableReplicas >= wanted.replicas - wanted.unavailable) {
    return {
      type: "Available",
      status: "True",
      reason: "MinimumReplicasAvailable",
      message: "Deployment has minimum availability.",
    };
  }
  return {
    type: "Available",
    status: "False",
    reason: "MinimumReplicasUnavailable",
    message: "Deployment does not have minimum availability.",
  };
}

function noteDiscovery(
  conditions: readonly DeploymentCondition[],
  { deployment, sets, discovery, now }: StatusInput,
): DeploymentCondition[] {
  const { newSet } = sortSets(deployment, sets);
  const name = newSet ? nameOf(newSet) : "";
  const reason = discovery === "created" ? "NewReplicaSetCreated" : "FoundNewReplicaSet";
  const message =
    discovery === "created"
      ? `Created new replica set "${name}"`
      : `Found new replica set "${name}"`;
  return withCondition(conditions, { type: "Progressing", status: "True", reason, message }, now);
}

function notePause(
  conditions: readonly DeploymentCondition[],
  { wanted, now }: StatusInput,
): DeploymentCondition[] {
  if (wanted.progressDeadlineSeconds === undefined) return [...conditions];
  const present = conditions.find(({ type }) => type === "Progressing");
  if (present?.reason === timedOutReason) return [...conditions];
  const wasPaused = present?.reason === "DeploymentPaused";
  if (wanted.isPaused === wasPaused) return [...conditions];
  const [reason, message] = wanted.isPaused
    ? ["DeploymentPaused", "Deployment is paused"]
    : ["DeploymentResumed", "Deployment is resumed"];
  const next = { type: "Progressing", status: "Unknown", reason, message } as const;
  return withCondition(conditions, next, now);
}

/** Every wanted pod is of the new set and available. */
export function isComplete(
  { replicas }: Wanted,
  deployment: Deployment,
  status: DeploymentStatus,
): boolean {
  return (
    (status.updatedReplicas ?? 0) === replicas &&
    (status.replicas ?? 0) === replicas &&
    (status.availableReplicas ?? 0) === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  );
}

function noteProgress(
  conditions: readonly DeploymentCondition[],
  counted: DeploymentStatus,
  input: StatusInput,
): DeploymentCondition[] {
  const { deployment, wanted, now } = input;
  if (wanted.progressDeadlineSeconds === undefined) {
    return withFailures(without(conditions, "Progressing"), input);
  }
  const present = conditions.find(({ type }) => type === "Progressing");
  const wasComplete =
    (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0) &&
    present?.reason === availableReason;
  if (wasComplete) return withFailures(conditions, input);
  const { newSet } = sortSets(deployment, input.sets);
  const subject = newSet ? `ReplicaSet "${nameOf(newSet)}"` : `Deployment "${wanted.name}"`;
  const progressing = (status: string, reason: string, message: string): Condition => ({
    type: "Progressing",
    status,
    reason,
    message: `${subject} ${message}`,
  });
  if (isComplete(wanted, deployment, counted)) {
    const next = progressing("True", availableReason, "has successfully progressed.");
    return withFailures(withCondition(conditions, next, now), input);
  }
  if (isProgressing(deployment.status ?? {}, counted)) {
    const next = progressing("True", "ReplicaSetUpdated", "is progressing.");
    const others = without(conditions, "Progressing");
    return withFailures([...others, stamped(next, present, now)], input);
  }
  if (isTimedOut(wanted, present, now)) {
    const next = progressing("False", timedOutReason, "has timed out progressing.");
    return withFailures(withCondition(conditions, next, now), input);
  }
  return withFailures(conditions, input);
}

function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) =>
    replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(
  { progressDeadlineSeconds = 0 }: Wanted,
  present: DeploymentCondition | undefined,
  now: number,
): boolean {
  if (!present || present.reason === availableReason) return false;
  if (present.reason === timedOutReason) return true;
  const since = Date.parse(present.lastUpdateTime ?? "") || 0;
  return now >= since + progressDeadlineSeconds * 1_000;
}

/** Milliseconds until the deadline must be looked at; undefined when there is nothing to miss. */
export function untilDeadline(
  { progressDeadlineSeconds }: Wanted,
  status: DeploymentStatus,
  now: number,
): number | undefined {
  const present = condition(status, "Progressing");
  if (progressDeadlineSeconds === undefined || !present) return undefined;
  if ([availableReason, timedOutReason].includes(present.reason ?? "")) return undefined;
  const since = Date.parse(present.lastUpdateTime ?? "") || 0;
  // A second of slack, since times in objects have no fraction.
  return Math.max(0, since + progressDeadlineSeconds * 1_000 - now) + 1_000;
}

/** What keeps a set from making pods is shown at the Deployment too. */
function withFailures(
  conditions: readonly DeploymentCondition[],
  { deployment, sets, now }: StatusInput,
): DeploymentCondition[] {
  const { newSet, oldSets } = sortSets(deployment, sets);
  const failureOf = (set: ReplicaSet) =>
    set.status?.conditions?.find(({ type }) => type === "ReplicaFailure");
  const failure = [...(newSet ? [newSet] : []), ...oldSets].map(failureOf).find(Boolean);
  if (!failure) return without(conditions, "ReplicaFailure");
  const { status = "True", reason = "", message = "" } = failure;
  return withCondition(conditions, { type: "ReplicaFailure", status, reason, message }, now);
}
