/** What a pod asks for: pure. */
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import { unitsOf } from "./amounts.ts";

/** Units by resource name. */
export type Amounts = ReadonlyMap<string, number>;

export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** A container without a request still uses something; scores count it so, as in Kubernetes. */
const cpuDefault = 100;
const memoryDefault = 200 * 1024 * 1024;

type Requests = (container: Container) => Map<string, number>;

const plainRequests: Requests = ({ resources }) =>
  new Map(
    Object.entries(resources?.requests ?? {}).map(([name, quantity]) => [
      name,
      unitsOf(name, quantity),
    ]),
  );

const assumedRequests: Requests = (container) => {
  const requests = plainRequests(container);
  if (!requests.has("cpu")) requests.set("cpu", cpuDefault);
  if (!requests.has("memory")) requests.set("memory", memoryDefault);
  return requests;
};

function add(total: Map<string, number>, more: Amounts): void {
  for (const [name, amount] of more) total.set(name, (total.get(name) ?? 0) + amount);
}

function raise(total: Map<string, number>, floor: Amounts): void {
  for (const [name, amount] of floor) total.set(name, Math.max(total.get(name) ?? 0, amount));
}

/**
 * Containers run together, init containers one after the other (beside those that stay), so the pod
 * needs the larger of the two; overhead and pod-level requests come on top or instead.
 */
function total({ spec }: Pod, requestsOf: Requests): Amounts {
  const running = new Map<string, number>();
  for (const container of spec?.containers ?? []) add(running, requestsOf(container));
  const staying = new Map<string, number>();
  const starting = new Map<string, number>();
  for (const container of spec?.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === "Always") {
      add(running, own);
      add(staying, own);
      raise(starting, staying);
      continue;
    }
    add(own, staying);
    raise(starting, own);
  }
  raise(running, starting);
  for (const [name, quantity] of Object.entries(spec?.resources?.requests ?? {})) {
    running.set(name, unitsOf(name, quantity));
  }
  for (const [name, quantity] of Object.entries(spec?.overhead ?? {})) {
    running.set(name, (running.get(name) ?? 0) + unitsOf(name, quantity));
  }
  return running;
}

/** Requests that must fit. */
export const requestsOf = (pod: Pod): Amounts => total(pod, plainRequests);

/** Requests for scoring: containers that ask for nothing count with a default. */
export const scoringRequestsOf = (pod: Pod): Amounts => total(pod, assumedRequests);

/** Ports that the pod takes on its node. */
export function hostPortsOf({ spec }: Pod): HostPort[] {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = "TCP" }) =>
      hostPort ? [{ ip: hostIP || "0.0.0.0", port: hostPort, protocol }] : [],
    ),
  );
}
