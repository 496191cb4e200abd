/** What a service has when its author said nothing. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { hasInternalTraffic, isExternallyAccessible, isLoadBalancer } from "./kinds.ts";

/** Seconds that a client stays with its endpoint. */
const affinityTimeoutSecondsDefault = 10_800;

export function serviceDefaults(draft: Service): void {
  const spec = (draft.spec ??= {});
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    spec.sessionAffinityConfig = {
      clientIP: { timeoutSeconds: timeoutSeconds ?? affinityTimeoutSecondsDefault },
    };
  }
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    // 0 and "" are no ports: both mean that the port is the same.
    port.targetPort ||= port.port ?? 0;
  }
  if (isExternallyAccessible(draft)) spec.externalTrafficPolicy ||= "Cluster";
  if (hasInternalTraffic(draft)) spec.internalTrafficPolicy ??= "Cluster";
  if (!isLoadBalancer(draft)) return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of draft.status?.loadBalancer?.ingress ?? []) {
    if (ingress.ip) ingress.ipMode ??= "VIP";
  }
}
