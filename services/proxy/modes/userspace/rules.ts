/** What the userspace mode listens on, and to whom each listener passes its traffic. Pure. */
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import type { Endpoint, PortRule } from "../../decide.ts";

/** Endpoints that share their turn and their clients' affinity. */
export interface Pool {
  readonly id: string;
  readonly endpoints: readonly Endpoint[];
  readonly affinitySeconds: number | undefined;
}

export interface Listener {
  /** `TCP 127.64.0.5:80`: what makes a listener the same after a change. */
  readonly id: string;
  readonly protocol: "TCP" | "UDP";
  readonly address: string;
  readonly port: number;
  /** Where to listen instead when the port is refused for lack of privilege; 0: nowhere. */
  readonly portWithoutPrivilege: number;
  readonly pool: Pool;
  /** For events about it. */
  readonly service: Service;
}

export interface Rules {
  readonly listeners: readonly Listener[];
  /** Ports that this mode cannot serve, and why. */
  readonly unsupported: readonly { readonly service: Service; readonly message: string }[];
}

export interface UserspaceOptions {
  /** Addresses of this machine on which node ports are reachable. */
  readonly nodePortAddresses: readonly string[];
}

/** Ports below need privilege. */
const unprivilegedPortMin = 1024;
/** Port 80 becomes 10080. */
const portShift = 10_000;

/**
 * Nobody listens for a port without endpoints: its clients are refused, as by Kubernetes' own
 * proxies.
 */
export function planRules(rules: readonly PortRule[], options: UserspaceOptions): Rules {
  const listeners: Listener[] = [];
  const unsupported: { service: Service; message: string }[] = [];
  for (const rule of rules) {
    const { protocol, service } = rule;
    if (protocol === "SCTP") {
      const message = `port ${rule.port}: the userspace proxy has no SCTP`;
      unsupported.push({ service, message });
      continue;
    }
    const open = (address: string, port: number, pool: Pool) => {
      if (pool.endpoints.length === 0) return;
      const id = `${protocol} ${hostPort(address, port)}`;
      const portWithoutPrivilege = port < unprivilegedPortMin ? port + portShift : 0;
      listeners.push({ id, protocol, address, port, portWithoutPrivilege, pool, service });
    };
    const internal = poolOf(rule, rule.internal);
    for (const ip of rule.clusterIps) open(ip, rule.port, internal);
    if (rule.nodePort === 0) continue;
    const external = poolOf(rule, rule.external);
    for (const address of options.nodePortAddresses) open(address, rule.nodePort, external);
  }
  return { listeners, unsupported };
}

/** Both ways into a service share one pool unless a traffic policy tells them apart. */
function poolOf(rule: PortRule, endpoints: readonly Endpoint[]): Pool {
  const isSame =
    endpoints.length === rule.internal.length &&
    endpoints.every(({ address, port }, index) => {
      const other = rule.internal[index];
      return other?.address === address && other.port === port;
    });
  const scope = isSame ? "" : " external";
  return {
    id: `${rule.name} ${rule.protocol}${scope}`,
    endpoints,
    affinitySeconds: rule.affinitySeconds,
  };
}

export const hostPort = (address: string, port: number): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
