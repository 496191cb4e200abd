/** Cells of `kubectl get services`. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";

export const clusterIpText = ({ spec }: Service): string =>
  spec?.clusterIPs?.[0] ?? spec?.clusterIP ?? "<none>";

export function externalIpText(service: Service): string {
  const { type, externalIPs = [], externalName } = service.spec ?? {};
  switch (type) {
    case "ClusterIP":
    case "NodePort":
      return externalIPs.join(",") || "<none>";
    case "LoadBalancer":
      return [...balancerAddresses(service), ...externalIPs].join(",") || "<pending>";
    case "ExternalName":
      return externalName ?? "";
    default:
      return "<unknown>";
  }
}

function balancerAddresses({ status }: Service): string[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const addresses = ingress.map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(addresses.filter((address) => address !== ""))].sort();
}

export function portsText({ spec }: Service): string {
  const ports = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.join(",") || "<none>";
}
