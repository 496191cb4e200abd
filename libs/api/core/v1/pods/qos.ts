/** The quality of service that a pod gets from its requests and limits. */
import type { PodSpec, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { parseQuantity } from "../../../quantity.ts";
import { isPositiveQuantity } from "../../../validation/quantities.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const countedResources = ["cpu", "memory"] as const;

/** Requests and limits of the pod as a whole count alone, where it has any. */
export function qosClassOf(spec: PodSpec): QosClass {
  const { resources, containers = [], initContainers = [] } = spec;
  const all: (ResourceRequirements | undefined)[] =
    resources === undefined
      ? [...containers, ...initContainers].map((container) => container.resources)
      : [resources];
  const requests = sums(all.map((one) => one?.requests ?? {}));
  const limits = sums(all.map((one) => one?.limits ?? {}));
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  const everyLimit = all.every((one) =>
    countedResources.every((name) => isPositiveQuantity(one?.limits?.[name] ?? "0")),
  );
  const met = [...requests].every(([name, request]) => limits.get(name) === request);
  return everyLimit && met && requests.size === limits.size ? "Guaranteed" : "Burstable";
}

function sums(lists: readonly Readonly<Record<string, string>>[]): Map<string, bigint> {
  const total = new Map<string, bigint>();
  for (const list of lists) {
    for (const name of countedResources) {
      const quantity = list[name];
      if (quantity === undefined || !isPositiveQuantity(quantity)) continue;
      total.set(name, (total.get(name) ?? 0n) + parseQuantity(quantity).nanos);
    }
  }
  return total;
}
