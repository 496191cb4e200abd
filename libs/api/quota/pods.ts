/** What pods use, as quotas count it (Kubernetes' pkg/quota/v1/evaluator/core/pods.go). */
import type { Container, Pod, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { addAmounts, type Amounts, largestAmounts } from "./amounts.ts";

const computeNames = new Set(["cpu", "memory", "ephemeral-storage"]);

/** A pod that has ended, or should have, counts as an object only. */
export function podUsage(pod: Pod, nowMs: number): Amounts {
  const object: Amounts = { "count/pods": "1" };
  if (!isCounted(pod, nowMs)) return object;
  const requests = wantedByPod(pod, "requests");
  const limits = wantedByPod(pod, "limits");
  return { ...object, pods: "1", ...named(requests), ...prefixed(limits, "limits.", computeNames) };
}

function isCounted({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata ?? {};
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  // The timestamp is when the grace ends; a node that is gone will never say so.
  return nowMs <= Date.parse(deletionTimestamp);
}

/** `cpu` and `requests.cpu` for what is requested; others only with the prefix. */
function named(requests: Amounts): Amounts {
  const plain = Object.entries(requests).filter(
    ([name]) => computeNames.has(name) || name.startsWith("hugepages-"),
  );
  return { ...Object.fromEntries(plain), ...prefixed(requests, "requests.") };
}

const prefixed = (amounts: Amounts, prefix: string, only?: ReadonlySet<string>): Amounts =>
  Object.fromEntries(
    Object.entries(amounts)
      .filter(([name]) => only?.has(name) ?? true)
      .map(([name, amount]) => [prefix + name, amount]),
  );

type Side = "requests" | "limits";

const side = (resources: ResourceRequirements | undefined, name: Side): Amounts =>
  resources?.[name] ?? {};

const isSidecar = ({ restartPolicy }: Container) => restartPolicy === "Always";

/**
 * The containers together, or the largest moment before they start; sidecars stay. What the pod
 * itself says takes the place of that. Overhead comes on top.
 */
export function wantedByPod({ spec }: Pod, name: Side): Amounts {
  const { containers = [], initContainers = [], overhead = {}, resources } = spec ?? {};
  const sum = containers.reduce(
    (total, one) => addAmounts(total, side(one.resources, name)),
    {} as Amounts,
  );
  let sidecars: Amounts = {};
  let before: Amounts = {};
  for (const one of initContainers) {
    const own = side(one.resources, name);
    if (isSidecar(one)) sidecars = addAmounts(sidecars, own);
    before = largestAmounts(before, isSidecar(one) ? sidecars : addAmounts(sidecars, own));
  }
  const all = { ...largestAmounts(addAmounts(sum, sidecars), before), ...side(resources, name) };
  if (name === "requests") return addAmounts(all, overhead);
  // Overhead does not limit what was not limited.
  return addAmounts(all, Object.fromEntries(Object.entries(overhead).filter(([key]) => all[key])));
}

/** What a quota makes every container say. */
const mustBeSaid: Readonly<Record<string, readonly [Side, string]>> = {
  cpu: ["requests", "cpu"],
  memory: ["requests", "memory"],
  "requests.cpu": ["requests", "cpu"],
  "requests.memory": ["requests", "memory"],
  "limits.cpu": ["limits", "cpu"],
  "limits.memory": ["limits", "memory"],
};

/** `limits.memory for: c; requests.cpu for: c,d`; empty when all is said. */
export function unsaid({ spec }: Pod, limited: readonly string[]): string {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return limited
    .toSorted()
    .flatMap((resource) => {
      const [name, key] = mustBeSaid[resource] ?? [];
      if (name === undefined || key === undefined) return [];
      if (side(spec?.resources, name)[key] !== undefined) return [];
      const silent = containers.filter((one) => side(one.resources, name)[key] === undefined);
      if (silent.length === 0) return [];
      const names = [...new Set(silent.map((one) => one.name ?? ""))].toSorted();
      return [`${resource} for: ${names.join(",")}`];
    })
    .join("; ");
}
