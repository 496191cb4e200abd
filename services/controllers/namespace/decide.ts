/** Steps that empty a namespace that is being deleted, and let it go. */
import { isDeepStrictEqual } from "node:util";
import { timeText } from "#libs/api/time.ts";
import type { Decision } from "#libs/controller/controller.ts";
import type { Namespace, NamespaceCondition } from "#proto/gen/k8s/core/v1.ts";

/** One object that is still there. */
export interface Leftover {
  readonly name: string;
  readonly uid: string;
  readonly finalizers: readonly string[];
  readonly isLeaving: boolean;
}

/** What is left of one resource. */
export interface Remaining {
  /** `pods.` or `deployments.apps`, as Kubernetes writes it in the conditions. */
  readonly resource: string;
  readonly objects: readonly Leftover[];
}

export interface Observed {
  readonly namespace: Namespace;
  readonly remaining: readonly Remaining[];
  /** What went wrong while listing; empty when everything could be listed. */
  readonly failure: string;
  readonly now: number;
}

export type Action =
  | { readonly type: "DeleteObject"; readonly resource: string; readonly object: Leftover }
  | { readonly type: "UpdateConditions"; readonly conditions: readonly NamespaceCondition[] }
  | { readonly type: "Finalize" };

const ownFinalizer = "kubernetes";
/** The longer a namespace lingers, the rarer it is looked at. */
const lookAgainMsMin = 100;
const lookAgainMsMax = 15_000;
const lookAgainShare = 0.1;

/**
 * Empties a namespace that is being deleted and finalizes it after a look that found nothing and
 * had no failure. Until then it looks again, the rarer the longer it takes.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { namespace, remaining, failure, now } = observed;
  const { metadata, spec } = namespace;
  if (metadata?.deletionTimestamp === undefined) return { actions: [] };
  if (!spec?.finalizers?.includes(ownFinalizer)) return { actions: [] };
  const left = remaining.filter(({ objects }) => objects.length > 0);
  const conditions = conditionsOf(namespace, left, failure, now);
  const actions: Action[] = left.flatMap(({ resource, objects }) =>
    objects
      .filter(({ isLeaving }) => !isLeaving)
      .map((object) => ({ type: "DeleteObject" as const, resource, object })),
  );
  if (!isDeepStrictEqual(conditions, namespace.status?.conditions ?? [])) {
    actions.push({ type: "UpdateConditions", conditions });
  }
  if (left.length === 0 && failure === "") return { actions: [...actions, { type: "Finalize" }] };
  const age = now - (Date.parse(metadata.deletionTimestamp) || now);
  const wish = Math.max(lookAgainMsMin, age * lookAgainShare);
  return { actions, requeueAfterMs: Math.min(wish, lookAgainMsMax) };
}

function conditionsOf(
  { status }: Namespace,
  left: readonly Remaining[],
  failure: string,
  now: number,
): NamespaceCondition[] {
  const present = status?.conditions ?? [];
  const lastTransitionTime = timeText(now);
  return [
    discovery(failure),
    parsing,
    content(failure),
    contentRemaining(left),
    finalizersRemaining(left),
  ].map((next) => {
    const known = present.find(({ type }) => type === next.type);
    const keepsTime = known?.status === next.status && known?.reason === next.reason;
    const time = keepsTime ? known?.lastTransitionTime : undefined;
    return { ...next, lastTransitionTime: time ?? lastTransitionTime };
  });
}

type Condition = Pick<NamespaceCondition, "type" | "status" | "reason" | "message">;

const discovery = (failure: string): Condition =>
  failure
    ? {
        type: "NamespaceDeletionDiscoveryFailure",
        status: "True",
        reason: "DiscoveryFailed",
        message: failure,
      }
    : {
        type: "NamespaceDeletionDiscoveryFailure",
        status: "False",
        reason: "ResourcesDiscovered",
        message: "All resources successfully discovered",
      };

const parsing: Condition = {
  type: "NamespaceDeletionGroupVersionParsingFailure",
  status: "False",
  reason: "ParsedGroupVersions",
  message: "All legacy kube types successfully parsed",
};

const content = (failure: string): Condition =>
  failure
    ? {
        type: "NamespaceDeletionContentFailure",
        status: "True",
        reason: "ContentDeletionFailed",
        message: failure,
      }
    : {
        type: "NamespaceDeletionContentFailure",
        status: "False",
        reason: "ContentDeleted",
        message: "All content successfully deleted, may be waiting on finalization",
      };

function contentRemaining(left: readonly Remaining[]): Condition {
  const type = "NamespaceContentRemaining";
  if (left.length === 0) {
    const message = "All content successfully removed";
    return { type, status: "False", reason: "ContentRemoved", message };
  }
  const parts = left.map(
    ({ resource, objects }) => `${resource} has ${objects.length} resource instances`,
  );
  const message = `Some resources are remaining: ${parts.toSorted().join(", ")}`;
  return { type, status: "True", reason: "SomeResourcesRemain", message };
}

function finalizersRemaining(left: readonly Remaining[]): Condition {
  const type = "NamespaceFinalizersRemaining";
  const counts = new Map<string, number>();
  for (const { objects } of left) {
    for (const finalizer of objects.flatMap(({ finalizers }) => finalizers)) {
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
    }
  }
  if (counts.size === 0) {
    const message = "All content-preserving finalizers finished";
    return { type, status: "False", reason: "ContentHasNoFinalizers", message };
  }
  const parts = [...counts].map(([name, count]) => `${name} in ${count} resource instances`);
  const list = parts.toSorted().join(", ");
  const message = `Some content in the namespace has finalizers remaining: ${list}`;
  return { type, status: "True", reason: "SomeFinalizersRemain", message };
}
