/** What a service's type makes of its fields. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";

/** The clusterIP of a service that has none on purpose. */
export const headlessIp = "None";

export const isLoadBalancer = ({ spec }: Service): boolean => spec?.type === "LoadBalancer";

export const isExternalName = ({ spec }: Service): boolean => spec?.type === "ExternalName";

export function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIPs?.length === 1 && spec.clusterIPs[0] === headlessIp;
}

/** It has an address in the cluster ("None" counts as one). */
export const needsClusterIp = (service: Service): boolean => !isExternalName(service);

/** Its traffic from inside the cluster follows a policy. */
export function hasInternalTraffic({ spec }: Service): boolean {
  const { type } = spec ?? {};
  return type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";
}

export function needsNodePort({ spec }: Service): boolean {
  if (spec?.type === "NodePort") return true;
  return spec?.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false;
}

/** The load balancer asks each node whether it has endpoints of its own. */
export function needsHealthCheckNodePort({ spec }: Service): boolean {
  return spec?.type === "LoadBalancer" && spec.externalTrafficPolicy === "Local";
}

/** Traffic can come from outside: load balancer, node port or external addresses. */
export function isExternallyAccessible({ spec }: Service): boolean {
  if (spec?.type === "LoadBalancer" || spec?.type === "NodePort") return true;
  return spec?.type === "ClusterIP" && (spec.externalIPs ?? []).length > 0;
}
