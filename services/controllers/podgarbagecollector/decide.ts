/** Which pods nobody is left to finish. As Kubernetes' pod garbage collector. */
import type { Decision } from "#libs/controller/controller.ts";
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly pod: Pod;
  /** The node that it is bound to; undefined when it is not bound, or the node is not there. */
  readonly node: Node | undefined;
  /** Since when the node is missed, by this controller's clock; undefined when it is not. */
  readonly nodeMissedAt: number | undefined;
  readonly now: number;
}

export type Action =
  /** The node is gone: the pod failed through no fault of its own, and is not waited for. */
  | { readonly type: "CollectOrphan"; readonly pod: Pod; readonly node: string }
  /** It is leaving, and no kubelet will say that it is gone. */
  | { readonly type: "CollectLeaving"; readonly pod: Pod };

/** So long a node may be missed: it may be about to register again. */
export const quarantineMs = 40_000;

const outOfService = "node.kubernetes.io/out-of-service";

/**
 * Whether no kubelet will ever finish this pod, so that it must be deleted here. A node that is
 * missed is given `quarantineMs` to come back.
 */
export function reconcile({ pod, node, nodeMissedAt, now }: Observed): Decision<Action> {
  const { nodeName = "" } = pod.spec ?? {};
  const isLeaving = pod.metadata?.deletionTimestamp !== undefined;
  if (nodeName === "" || (node && isOutOfService(node))) {
    return { actions: isLeaving ? [{ type: "CollectLeaving", pod }] : [] };
  }
  if (node || nodeMissedAt === undefined) return { actions: [] };
  const waitMs = nodeMissedAt + quarantineMs - now;
  if (waitMs > 0) return { actions: [], requeueAfterMs: waitMs };
  return { actions: [{ type: "CollectOrphan", pod, node: nodeName }] };
}

/** Tainted by somebody who knows that it is off, and not ready. */
function isOutOfService({ spec, status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status !== "True" && (spec?.taints ?? []).some(({ key }) => key === outOfService);
}
