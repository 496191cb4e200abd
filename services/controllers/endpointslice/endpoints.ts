/** What one pod contributes to a service: pure. Shared with the endpoints controller. */
import { isFinished, isReady } from "#libs/controller/pods.ts";
import type { Pod, Service, ServicePort } from "#proto/gen/k8s/core/v1.ts";
import type { Endpoint, EndpointPort } from "#proto/gen/k8s/discovery/v1.ts";

export type AddressType = "IPv4" | "IPv6";

/** Whether a pod can stand behind a service at all: it has an address and is not over. */
export function canServe(pod: Pod): boolean {
  return Boolean(pod.status?.podIP) && !isFinished(pod);
}

/** Number that a service port means on this pod; undefined when a name finds nothing. */
function targetPortOn(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === "number") return target === 0 ? port.port : target;
  if (typeof target !== "string") return port.port;
  const containers = [...(pod.spec?.containers ?? []), ...restartableInits(pod)];
  const protocol = port.protocol ?? "TCP";
  for (const container of containers) {
    const found = container.ports?.find(
      ({ name, protocol: candidate = "TCP" }) => name === target && candidate === protocol,
    );
    if (found) return found.containerPort;
  }
  return undefined;
}

const restartableInits = ({ spec }: Pod) =>
  (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");

/** The ports of a service as this pod offers them; ports that it lacks are left out. */
export function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPortOn(port, pod);
    if (number === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = port;
    return [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

export function addressesOf(pod: Pod, type: AddressType): string[] {
  const all = pod.status?.podIPs?.map(({ ip = "" }) => ip) ?? [pod.status?.podIP ?? ""];
  return all.filter((ip) => ip !== "" && ip.includes(":") === (type === "IPv6")).slice(0, 1);
}

export interface EndpointFacts {
  readonly service: Service;
  readonly type: AddressType;
  /** Zone of the pod's node. */
  readonly zoneOf: (node: string) => string | undefined;
}

/** One pod as an endpoint. */
export function endpointOf(pod: Pod, { service, type, zoneOf }: EndpointFacts): Endpoint {
  const { name = "", namespace = "", uid = "", deletionTimestamp } = pod.metadata ?? {};
  const terminating = deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const always = service.spec?.publishNotReadyAddresses ?? false;
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  const isNamed = hostname && subdomain === service.metadata?.name;
  return {
    addresses: addressesOf(pod, type),
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    ...(isNamed ? { hostname } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}
