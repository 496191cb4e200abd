/** Steps that bring one Deployment to what it asks for. */
import { isDeepStrictEqual } from "node:util";
import type { Decision } from "#libs/controller/controller.ts";
import { claim, controllerReference } from "#libs/controller/ownership.ts";
import { isFinished } from "#libs/controller/pods.ts";
import type { Deployment, ReplicaSet } from "#proto/gen/k8s/apps/v1.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { templateHash } from "./hash.ts";
import { type Action, type Plan, sorted, withAction, withUpdatedSet } from "./plan.ts";
import { newSetReplicas, reconcileNewSet, reconcileOldSets, removeOldSets } from "./rolling.ts";
import { isScalingEvent, scaleSets } from "./scaling.ts";
import {
  hashLabel,
  inheritedAnnotations,
  nameOf,
  replicasOf,
  revisionAnnotations,
  revisionOf,
  scaleAnnotations,
  uidOf,
  wantedOf,
} from "./sets.ts";
import { isComplete, statusOf, untilDeadline } from "./status.ts";

export type { Action } from "./plan.ts";

export interface Observed {
  readonly deployment: Deployment;
  /** Sets that the Deployment owns or selects, with whether its selector matches. */
  readonly candidates: readonly { readonly set: ReplicaSet; readonly matches: boolean }[];
  /** Names of the namespace's replica sets, whoever owns them. */
  readonly takenNames: ReadonlySet<string>;
  /** Pods of all owned sets. */
  readonly pods: readonly Pod[];
  readonly now: number;
}

type Discovery = "created" | "found" | undefined;

/**
 * What one Deployment needs now: sets to adopt or let go, a new set, pods to move, status. As
 * Kubernetes' deployment controller, a paused one is scaled but not rolled.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { deployment, candidates } = observed;
  const claims = candidates.map(({ set, matches }) => ({
    set,
    claim: claim(deployment, set, matches),
  }));
  const own = claims.filter(({ claim }) => claim === "owned" || claim === "adopt");
  const start: Plan = {
    deployment,
    wanted: wantedOf(deployment),
    sets: own.map(({ set }) => set),
    actions: claims.flatMap(({ set, claim }): Action[] => {
      if (claim === "adopt") return [{ type: "AdoptSet", set }];
      return claim === "release" ? [{ type: "ReleaseSet", set }] : [];
    }),
  };
  if (deployment.metadata?.deletionTimestamp !== undefined) {
    return finish(start, observed, true, undefined);
  }
  if (start.wanted.isPaused || isScalingEvent(start)) return keepSizes(start, observed);
  return start.wanted.strategy === "Recreate"
    ? recreate(start, observed)
    : rollingUpdate(start, observed);
}

function keepSizes(start: Plan, observed: Observed): Decision<Action> {
  const scaledPlan = scaleSets(withRevision(start).plan);
  const plan = start.wanted.isPaused ? withoutHistory(scaledPlan) : scaledPlan;
  return finish(plan, observed, true, undefined);
}

function rollingUpdate(start: Plan, observed: Observed): Decision<Action> {
  const { plan, discovery } = withNewSet(start, observed);
  const grown = reconcileNewSet(plan);
  if (grown !== plan) return finish(grown, observed, false, discovery);
  const shrunk = reconcileOldSets(grown);
  return finish(shrunk, observed, false, discovery);
}

function recreate(start: Plan, observed: Observed): Decision<Action> {
  const known = withRevision(start);
  const emptied = removeOldSets(known.plan);
  const isEmptying = emptied !== known.plan || oldPodsRun(known.plan, observed.pods);
  if (isEmptying) return finish(emptied, observed, false, known.discovery);
  const { plan, discovery } = withNewSet(start, observed);
  return finish(reconcileNewSet(plan), observed, false, discovery);
}

/** Recreate waits for the last old pod to be gone, not only on its way. */
function oldPodsRun(plan: Plan, pods: readonly Pod[]): boolean {
  const { newSet } = sorted(plan);
  const newUid = newSet && uidOf(newSet);
  return pods.some((pod) => {
    const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller)?.uid;
    return owner !== newUid && !isFinished(pod);
  });
}

/** Makes sure that the new set exists, carries its revision and the Deployment's annotations. */
function withNewSet(plan: Plan, observed: Observed): { plan: Plan; discovery: Discovery } {
  const { newSet, oldSets } = sorted(plan);
  if (newSet) return withRevision(plan);
  const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  const set = newSetOf(plan, revision);
  // Somebody else's set, or one of ours with another template, has the name.
  if (observed.takenNames.has(nameOf(set)))
    return { plan: countCollision(plan), discovery: undefined };
  const created = withAction({ ...plan, sets: [...plan.sets, set] }, { type: "CreateSet", set });
  const replicas = replicasOf(set);
  const message = `Scaled up replica set ${nameOf(set)} from 0 to ${replicas}`;
  const told =
    replicas > 0
      ? withAction(created, { type: "RecordEvent", reason: "ScalingReplicaSet", message })
      : created;
  return { plan: withDeploymentRevision(told, revision), discovery: "created" };
}

function countCollision(plan: Plan): Plan {
  const status = plan.deployment.status ?? {};
  const collisionCount = (status.collisionCount ?? 0) + 1;
  return { ...plan, deployment: { ...plan.deployment, status: { ...status, collisionCount } } };
}

function newSetOf(plan: Plan, revision: number): ReplicaSet {
  const { deployment, wanted, sets } = plan;
  const template = deployment.spec?.template ?? {};
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const { namespace = "" } = deployment.metadata ?? {};
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const selector = deployment.spec?.selector ?? {};
  return {
    metadata: {
      name: `${wanted.name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        ...scaleAnnotations(wanted),
        ...revisionAnnotations({}, revision),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: newSetReplicas(wanted, 0, sets),
      ...(wanted.minReadySeconds > 0 ? { minReadySeconds: wanted.minReadySeconds } : {}),
      selector: {
        ...selector,
        matchLabels: { ...selector.matchLabels, [hashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Brings revision, annotations and minReadySeconds of an existing new set up to date. */
function withRevision(plan: Plan): { plan: Plan; discovery: Discovery } {
  const { newSet, oldSets } = sorted(plan);
  if (!newSet) return { plan, discovery: undefined };
  const { deployment, wanted } = plan;
  const revision = Math.max(0, ...oldSets.map(revisionOf)) + 1;
  const annotations = {
    ...newSet.metadata?.annotations,
    ...inheritedAnnotations(deployment),
    ...revisionAnnotations(newSet, revision),
  };
  const hasDrifted =
    !isDeepStrictEqual(annotations, newSet.metadata?.annotations ?? {}) ||
    (newSet.spec?.minReadySeconds ?? 0) !== wanted.minReadySeconds;
  const updated: ReplicaSet = {
    ...newSet,
    metadata: { ...newSet.metadata, annotations },
    spec: { ...newSet.spec, minReadySeconds: wanted.minReadySeconds },
  };
  const next = hasDrifted ? withUpdatedSet(plan, updated) : plan;
  const isKnown = deployment.status?.conditions?.some(({ type }) => type === "Progressing");
  const discovery = isKnown ? undefined : "found";
  return {
    plan: withDeploymentRevision(next, Math.max(revision, revisionOf(newSet))),
    discovery,
  };
}

function withDeploymentRevision(plan: Plan, revision: number): Plan {
  if (revisionOf(plan.deployment) === revision) return plan;
  return withAction(plan, { type: "UpdateRevision", revision });
}

/** Deletes the oldest finished sets above the history limit. */
function withoutHistory(plan: Plan): Plan {
  const { revisionHistoryLimit } = plan.wanted;
  if (revisionHistoryLimit === undefined) return plan;
  const alive = sorted(plan).oldSets.filter((set) => !set.metadata?.deletionTimestamp);
  const surplus = alive.length - revisionHistoryLimit;
  if (surplus <= 0) return plan;
  const oldest = alive.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
  const finished = oldest.filter(
    (set) =>
      (set.status?.replicas ?? 0) === 0 &&
      replicasOf(set) === 0 &&
      (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
  );
  return withAction(plan, ...finished.map((set) => ({ type: "DeleteSet" as const, set })));
}

/** The status that follows from the plan; a complete roll-out also sheds its history. */
function finish(
  plan: Plan,
  { deployment, now }: Observed,
  isHeld: boolean,
  discovery: Discovery,
): Decision<Action> {
  const { wanted, sets } = plan;
  const status = statusOf({ ...plan, isHeld, discovery, now });
  const isDone = !isHeld && isComplete(wanted, plan.deployment, status);
  const trimmed = isDone ? withoutHistory({ ...plan, sets }) : plan;
  const told = isDeepStrictEqual(status, deployment.status)
    ? trimmed
    : withAction(trimmed, { type: "UpdateStatus", status });
  const requeueAfterMs = isHeld ? undefined : untilDeadline(wanted, status, now);
  return requeueAfterMs === undefined
    ? { actions: told.actions }
    : { actions: told.actions, requeueAfterMs };
}
