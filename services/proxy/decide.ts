/**
 * Which endpoints stand behind each port of each service, whatever forwards the traffic: the rules
 * of Kubernetes' kube-proxy (pkg/proxy, topology.go).
 */
import type { Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import type { Endpoint as SliceEndpoint, EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";

export const serviceNameLabel = "kubernetes.io/service-name";

/** Services that another proxy cares for carry this label. */
const proxyNameLabel = "service.kubernetes.io/service-proxy-name";

export interface Observed {
  readonly services: Iterable<Service>;
  readonly slices: Iterable<EndpointSlice>;
  /** The node whose endpoints a "Local" traffic policy means; "": all nodes are on this machine. */
  readonly nodeName: string;
}

/** An address that takes traffic. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Protocol = "TCP" | "UDP" | "SCTP";

/** One port of one service. */
export interface PortRule {
  /** `namespace/service:port name`. */
  readonly name: string;
  readonly service: Service;
  readonly protocol: Protocol;
  readonly clusterIps: readonly string[];
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  /** Seconds that a client keeps its endpoint; undefined: each connection may get another. */
  readonly affinitySeconds: number | undefined;
  /** Behind the cluster IPs. */
  readonly internal: readonly Endpoint[];
  /** Behind the node port. */
  readonly external: readonly Endpoint[];
}

/** Rules in the order of their names, so that equal input gives equal output. */
export function planServices({ services, slices, nodeName }: Observed): PortRule[] {
  const slicesOf = Map.groupBy(slices, ownerOf);
  const rules: PortRule[] = [];
  for (const service of services) {
    if (!isProxied(service)) continue;
    const own = slicesOf.get(keyOf(service)) ?? [];
    for (const port of service.spec?.ports ?? []) {
      rules.push(planPort(service, port, own, nodeName));
    }
  }
  return rules.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const keyOf = ({ metadata }: Service) => `${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`;

function ownerOf({ metadata }: EndpointSlice): string {
  return `${metadata?.namespace ?? ""}/${metadata?.labels?.[serviceNameLabel] ?? ""}`;
}

/** Headless services have no address to listen on, and names elsewhere are for DNS. */
function isProxied({ spec, metadata }: Service): boolean {
  const { type, clusterIP = "" } = spec ?? {};
  if (type === "ExternalName" || clusterIP === "" || clusterIP === "None") return false;
  return metadata?.labels?.[proxyNameLabel] === undefined;
}

function planPort(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  nodeName: string,
): PortRule {
  const { spec = {} } = service;
  const { name = "", protocol = "TCP", nodePort = 0 } = port;
  const family = spec.clusterIP?.includes(":") ? "IPv6" : "IPv4";
  const candidates = slices
    .filter(({ addressType }) => addressType === family)
    .flatMap((slice) => candidatesOf(slice, name, protocol));
  const isLocal = (candidate: Candidate) => nodeName === "" || candidate.nodeName === nodeName;
  const local = candidates.filter(isLocal);
  const affinity = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return {
    name: `${keyOf(service)}:${name}`,
    service,
    protocol: protocol as Protocol,
    clusterIps: spec.clusterIPs ?? [spec.clusterIP ?? ""],
    port: port.port ?? 0,
    nodePort,
    affinitySeconds: spec.sessionAffinity === "ClientIP" ? affinity : undefined,
    internal: choose(spec.internalTrafficPolicy === "Local" ? local : candidates),
    external: choose(spec.externalTrafficPolicy === "Local" ? local : candidates),
  };
}

interface Candidate extends Endpoint {
  readonly nodeName: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

function candidatesOf(slice: EndpointSlice, name: string, protocol: string): Candidate[] {
  const port = (slice.ports ?? []).find(
    (candidate) => (candidate.name ?? "") === name && (candidate.protocol ?? "TCP") === protocol,
  )?.port;
  if (!port) return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => candidateOf(endpoint, port));
}

/** A condition that is not said counts as met, but for terminating. */
function candidateOf(endpoint: SliceEndpoint, port: number): Candidate[] {
  // All addresses of an endpoint are the same thing: Kubernetes uses the first.
  const [address] = endpoint.addresses ?? [];
  if (address === undefined) return [];
  const { ready, serving, terminating } = endpoint.conditions ?? {};
  return [
    {
      address,
      port,
      nodeName: endpoint.nodeName ?? "",
      ready: ready ?? true,
      serving: serving ?? ready ?? true,
      terminating: terminating ?? false,
    },
  ];
}

/** Ready endpoints; when there are none, those that end but still answer (KEP-1669). */
function choose(candidates: readonly Candidate[]): Endpoint[] {
  const ready = candidates.filter((candidate) => candidate.ready);
  const chosen =
    ready.length > 0
      ? ready
      : candidates.filter(({ serving, terminating }) => serving && terminating);
  const distinct = new Map(
    chosen.map(({ address, port }) => [`${address}:${port}`, { address, port }]),
  );
  return [...distinct.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
}
