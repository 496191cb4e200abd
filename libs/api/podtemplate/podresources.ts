/** Requests and limits of a pod as a whole. */
import type { Container, PodSpec, ResourceRequirements } from "#proto/gen/k8s/core/v1.ts";
import { forbidden, invalid, notSupported, type FieldError } from "../errors.ts";
import { addQuantities, canonicalQuantity, compareQuantities } from "../quantity.ts";
import { isHugePages, validateRequirements } from "./resources.ts";
import { ownValue } from "../own.ts";

type ResourceList = Readonly<Record<string, string>>;

/** Resources that a pod can have as a whole. */
const isPodResource = (name: string): boolean =>
  name === "cpu" || name === "memory" || isHugePages(name);

/**
 * A limit of the pod without a request: what its containers request together, else the whole limit.
 */
export function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const together = sumOfContainers(spec, "requests");
  const requests: Record<string, string> = { ...resources.requests };
  for (const [name, quantity] of Object.entries(together)) {
    if (isPodResource(name) && !isHugePages(name)) requests[name] ??= quantity;
  }
  for (const [name, quantity] of Object.entries(resources.limits ?? {})) {
    if (isPodResource(name)) requests[name] ??= quantity;
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/**
 * What the containers of a pod ask for together: init containers run one after the other, and only
 * those that keep running (sidecars) add to the rest.
 */
function sumOfContainers(spec: PodSpec, kind: "requests" | "limits"): ResourceList {
  let sum = addAll((spec.containers ?? []).map(({ resources }) => resources?.[kind] ?? {}));
  let sidecars: ResourceList = {};
  let peak: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[kind] ?? {};
    if (isSidecar(container)) {
      sidecars = addAll([sidecars, own]);
      sum = addAll([sum, own]);
      peak = largest(peak, sidecars);
    } else peak = largest(peak, addAll([sidecars, own]));
  }
  return largest(sum, peak);
}

export const isSidecar = ({ restartPolicy }: Container): boolean => restartPolicy === "Always";

function addAll(lists: readonly ResourceList[]): ResourceList {
  const sum: Record<string, string> = {};
  for (const list of lists) {
    for (const [name, quantity] of Object.entries(list)) {
      const known = ownValue(sum, name);
      sum[name] = known === undefined ? quantity : addQuantities(known, quantity);
    }
  }
  return sum;
}

function largest(one: ResourceList, other: ResourceList): ResourceList {
  const result: Record<string, string> = { ...one };
  for (const [name, quantity] of Object.entries(other)) {
    const known = ownValue(result, name);
    if (known === undefined || compareQuantities(quantity, known) > 0) result[name] = quantity;
  }
  return result;
}

export function validatePodResources(
  spec: PodSpec,
  podClaims: readonly string[],
  path: string,
): FieldError[] {
  const { resources } = spec;
  if (resources === undefined) return [];
  const errors: FieldError[] = [];
  if ((resources.claims ?? []).length > 0) {
    const detail = "claims may not be set for Resources at pod-level";
    errors.push(forbidden(`${path}.claims`, detail));
  }
  return [
    ...errors,
    ...validateRequirements(resources, podClaims, path, validatePodResourceName),
    ...validateAggregate(spec, resources, path),
    ...validateContainerLimits(spec, resources.limits ?? {}, path),
  ];
}

function validatePodResourceName(name: string, path: string): FieldError[] {
  return isPodResource(name) ? [] : [notSupported(path, name, ["cpu", "hugepages-", "memory"])];
}

function validateAggregate(
  spec: PodSpec,
  { requests = {} }: ResourceRequirements,
  path: string,
): FieldError[] {
  const together = sumOfContainers(spec, "requests");
  return Object.entries(requests).flatMap(([name, quantity]) => {
    const sum = ownValue(together, name);
    if (sum === undefined || compareQuantities(sum, quantity) <= 0) return [];
    const detail =
      "must be greater than or equal to aggregate container requests of " + canonicalQuantity(sum);
    return [invalid(`${path}.requests[${name}]`, canonicalQuantity(quantity), detail)];
  });
}

/** No container may have a limit above that of its pod. */
function validateContainerLimits(
  { containers = [] }: PodSpec,
  limits: ResourceList,
  path: string,
): FieldError[] {
  return containers.flatMap(({ resources }, index) =>
    Object.entries(resources?.limits ?? {}).flatMap(([name, quantity]) => {
      const limit = ownValue(limits, name);
      if (limit === undefined || compareQuantities(quantity, limit) <= 0) return [];
      const detail = `must be less than or equal to pod limits of ${canonicalQuantity(limit)}`;
      const at = `${path}.containers[${index}][${name}].limits`;
      return [invalid(at, canonicalQuantity(quantity), detail)];
    }),
  );
}
