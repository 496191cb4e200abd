/** What a namespace's objects use of a quota. */
import {
  addAmounts,
  type Amounts,
  mapAmounts,
  pickAmounts,
  sameAmounts,
} from "#libs/api/quota/amounts.ts";
import { isInScope } from "#libs/api/quota/scopes.ts";
import { concerns, usageOf } from "#libs/api/quota/usage.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { Decision } from "#libs/controller/controller.ts";
import type { ResourceQuota } from "#proto/gen/k8s/core/v1.ts";

export interface Action {
  readonly type: "WriteStatus";
  readonly hard: Amounts;
  readonly used: Amounts;
}

export interface Observed {
  readonly quota: ResourceQuota;
  /** The namespace's objects, by `pods`, `deployments.apps`. */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>;
  readonly nowMs: number;
  /** Milliseconds since the quota was last seen to change. */
  readonly stillMs: number;
}

/** Milliseconds after which a quota is counted again although nothing changed. */
export const recountMs = 5 * 60_000;

/**
 * Milliseconds that a quota must have been left alone before it is counted: the API server charges
 * it before it stores the object, which caches show still later.
 */
export const settleMs = 1_000;

/** Counts, and writes what differs. (pkg/controller/resourcequota) */
export function reconcile({ quota, objects, nowMs, stillMs }: Observed): Decision<Action> {
  const hard = quota.spec?.hard ?? {};
  // Nothing is charged before it is known how much is in use.
  const isCharged = sameNames(hard, quota.status?.used ?? {});
  if (isCharged && stillMs < settleMs) return { actions: [], requeueAfterMs: settleMs - stillMs };
  const used = pickAmounts(
    addAmounts(
      mapAmounts(hard, () => "0"),
      counted(quota, objects, nowMs),
    ),
    Object.keys(hard),
  );
  const { hard: told = {}, used: before = {} } = quota.status ?? {};
  const isRight = sameAmounts(told, hard) && sameAmounts(before, used);
  const actions: Action[] = isRight ? [] : [{ type: "WriteStatus", hard, used }];
  return { actions, requeueAfterMs: recountMs };
}

const sameNames = (one: Amounts, other: Amounts) =>
  Object.keys(one).every((name) => other[name] !== undefined);

function counted(quota: ResourceQuota, objects: Observed["objects"], nowMs: number): Amounts {
  let sum: Amounts = {};
  for (const [resource, list] of objects) {
    for (const object of list) {
      if (isInScope(quota, resource, object))
        sum = addAmounts(sum, usageOf(resource, object, nowMs));
    }
  }
  return sum;
}

/** Whether a change of objects of a resource can change what the quota has in use. */
export const isConcerned = ({ spec }: ResourceQuota, resource: string): boolean =>
  Object.keys(spec?.hard ?? {}).some((name) => concerns(resource, name));
