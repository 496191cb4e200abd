/** What an update of a service carries over, and what a new type makes it lose. */
import type { Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import { semanticEqual } from "../../../equality.ts";
import { synchronizeClusterIps } from "./addresses.ts";
import {
  hasInternalTraffic,
  isExternallyAccessible,
  isLoadBalancer,
  needsClusterIp,
  needsHealthCheckNodePort,
  needsNodePort,
} from "./kinds.ts";

/** In place: keeps what the server chose, drops what the new type has no use for. */
export function prepareServiceUpdate(draft: Service, old: Service): void {
  draft.spec ??= {};
  draft.status = old.status ?? { loadBalancer: {} };
  dropUnneeded(draft, old);
  keepAllocated(draft, old);
  synchronizeClusterIps(draft, old);
}

type SpecField = keyof NonNullable<Service["spec"]>;

/**
 * Fields that a change of the type made pointless are dropped, unless this update sets them too:
 * then validation refuses it.
 */
function dropUnneeded(draft: Service, old: Service): void {
  const spec = draft.spec ?? {};
  const isKept = (field: SpecField) => semanticEqual(spec[field], old.spec?.[field]);
  const drop = (needs: (service: Service) => boolean, ...fields: SpecField[]) => {
    if (!needs(old) || needs(draft)) return;
    for (const field of fields) if (isKept(field)) delete spec[field];
  };
  const isAddressKept = isKept("clusterIP") && isKept("clusterIPs");
  if (isAddressKept) drop(needsClusterIp, "clusterIP", "clusterIPs");
  drop(needsClusterIp, "ipFamilies", "ipFamilyPolicy");
  drop(hasInternalTraffic, "internalTrafficPolicy");
  if (needsNodePort(old) && !needsNodePort(draft) && sameNodePorts(draft, old)) {
    for (const port of spec.ports ?? []) delete port.nodePort;
  }
  drop(needsHealthCheckNodePort, "healthCheckNodePort");
  drop(isLoadBalancer, "allocateLoadBalancerNodePorts", "loadBalancerClass");
  drop(isExternallyAccessible, "externalTrafficPolicy");
  if (!isLoadBalancer(draft)) draft.status = { ...draft.status, loadBalancer: {} };
}

function sameNodePorts(draft: Service, old: Service): boolean {
  const numbers = ({ spec }: Service) =>
    new Set((spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0).filter(Boolean));
  const [after, before] = [numbers(draft), numbers(old)];
  return after.size === before.size && after.isSubsetOf(before);
}

/** Addresses and node ports that the update leaves out stay as they are. */
function keepAllocated(draft: Service, old: Service): void {
  const spec = draft.spec ?? {};
  if (needsClusterIp(old) && needsClusterIp(draft)) {
    if (!spec.clusterIP && old.spec?.clusterIP) spec.clusterIP = old.spec.clusterIP;
    const isSame = spec.clusterIP === old.spec?.clusterIP;
    if (isSame && old.spec?.clusterIPs && !spec.clusterIPs?.length) {
      spec.clusterIPs = [...old.spec.clusterIPs];
    }
  }
  if (needsNodePort(old) && needsNodePort(draft)) {
    keepNodePorts(spec.ports ?? [], old.spec?.ports ?? []);
  }
  if (needsHealthCheckNodePort(old) && needsHealthCheckNodePort(draft)) {
    if (old.spec?.healthCheckNodePort) spec.healthCheckNodePort ||= old.spec.healthCheckNodePort;
  }
}

function keepNodePorts(ports: ServicePort[], old: readonly ServicePort[]): void {
  const byName = new Map(old.map(({ name = "", nodePort = 0 }) => [name, nodePort]));
  const before = new Set(old.map(({ nodePort = 0 }) => nodePort));
  const used = new Set(ports.map(({ nodePort = 0 }) => nodePort).filter((n) => before.has(n)));
  used.add(0);
  for (const port of ports) {
    if (port.nodePort) continue;
    const known = byName.get(port.name ?? "") ?? 0;
    if (used.has(known)) continue;
    port.nodePort = known;
    used.add(known);
  }
}
