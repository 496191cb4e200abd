/** What a client is told about a service that is accepted nevertheless. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { ipWarnings } from "../../../validation/addresses.ts";
import { isHeadless } from "./kinds.ts";

const topologyHints = "service.kubernetes.io/topology-aware-hints";

/** Nothing new is said about what the old object had already. */
export function serviceWarnings(service: Service, old: Service | undefined): string[] {
  const { spec = {}, metadata } = service;
  const warnings: string[] = [];
  const isNewly = (read: (of: Service) => unknown) =>
    read(service) !== (old === undefined ? undefined : read(old));
  const hints = ({ metadata: { annotations } = {} }: Service) => annotations?.[topologyHints];
  if (hints({ metadata }) !== undefined && isNewly(hints)) {
    const advice = "please use service.kubernetes.io/topology-mode instead";
    warnings.push(`annotation ${topologyHints} is deprecated, ${advice}`);
  }
  if (isHeadless(service)) {
    if (spec.loadBalancerIP) {
      warnings.push("spec.loadBalancerIP is ignored for headless services");
    }
    if ((spec.externalIPs ?? []).length > 0) {
      warnings.push("spec.externalIPs is ignored for headless services");
    }
    if (spec.sessionAffinity !== undefined && spec.sessionAffinity !== "None") {
      warnings.push("spec.SessionAffinity is ignored for headless services");
    }
  } else if (old === undefined || isNewly(({ spec: s }) => (s?.clusterIPs ?? []).join())) {
    const ips = spec.clusterIPs ?? [];
    warnings.push(...ips.flatMap((ip, index) => ipWarnings(`spec.clusterIPs[${index}]`, ip)));
  }
  const externalIps = spec.externalIPs ?? [];
  warnings.push(
    ...externalIps.flatMap((ip, index) => ipWarnings(`spec.externalIPs[${index}]`, ip)),
  );
  if (externalIps.length > 0 && isNewly(({ spec: s }) => (s?.externalIPs ?? []).join())) {
    const text = "spec.externalIPs is deprecated and may no longer be implemented in some clusters";
    warnings.push(text);
  }
  if (spec.trafficDistribution === "PreferClose") {
    const advice = 'is deprecated; use "PreferSameZone"';
    warnings.push(`spec.trafficDistribution: "PreferClose" ${advice}`);
  }
  return warnings;
}
