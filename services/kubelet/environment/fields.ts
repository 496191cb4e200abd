/** What a pod says of itself to its containers: the downward API. Pure. */
import { parseQuantity, quantityMilliValue, quantityValue } from "#libs/api/quantity.ts";
import type { Container, Pod, ResourceFieldSelector } from "#proto/gen/k8s/core/v1.ts";
import type { NodeAmounts } from "../sources.ts";

export interface PodFacts {
  readonly pod: Pod;
  readonly hostIp: string;
  /** Empty while the pod has none. */
  readonly podIp: string;
}

const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/;

/** The value of a field; undefined for one that the downward API does not offer. */
export function fieldValue({ pod, hostIp, podIp }: PodFacts, path: string): string | undefined {
  const { metadata = {}, spec = {} } = pod;
  const [, map, key = ""] = keyed.exec(path) ?? [];
  if (map === "labels") return metadata.labels?.[key] ?? "";
  if (map === "annotations") return metadata.annotations?.[key] ?? "";
  const values: Readonly<Record<string, string | undefined>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "metadata.labels": linesOf(metadata.labels),
    "metadata.annotations": linesOf(metadata.annotations),
    "spec.nodeName": spec.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName,
    "status.hostIP": hostIp,
    "status.hostIPs": hostIp,
    "status.podIP": podIp,
    "status.podIPs": podIp,
  };
  return Object.hasOwn(values, path) ? (values[path] ?? "") : undefined;
}

/** As files show labels: `key="value"`, sorted. */
function linesOf(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

/**
 * Requests and limits of a container in units of the divisor, rounded up. A limit that is not set
 * is what the node has. Undefined for a resource that the downward API does not offer.
 */
export function resourceValue(
  { resources = {} }: Container,
  { resource = "", divisor }: ResourceFieldSelector,
  node: NodeAmounts,
): string | undefined {
  const [kind, name = ""] = resource.split(/\.(.*)/);
  if (kind !== "limits" && kind !== "requests") return undefined;
  const known = ["cpu", "memory", "ephemeral-storage"].includes(name);
  if (!known && !name.startsWith("hugepages-")) return undefined;
  const fallback = kind === "limits" ? node[name] : undefined;
  const amount = resources[kind]?.[name] ?? fallback ?? "0";
  const unit = divisor && parseQuantity(divisor).nanos > 0n ? divisor : "1";
  if (name === "cpu") {
    return String(Math.ceil(quantityMilliValue(amount) / quantityMilliValue(unit)));
  }
  return String(Math.ceil(quantityValue(amount) / quantityValue(unit)));
}
