/** Steps that keep the older Endpoints object of a service: one object, addresses by ports. */
import { isDeepStrictEqual } from "node:util";
import type { Decision } from "#libs/controller/controller.ts";
import { isReady } from "#libs/controller/pods.ts";
import type {
  EndpointAddress,
  EndpointPort,
  Endpoints,
  EndpointSubset,
  Pod,
  Service,
} from "#proto/gen/k8s/core/v1.ts";
import { addressesOf, canServe, endpointPorts } from "../endpointslice/endpoints.ts";

export interface Observed {
  /** Undefined: the service is gone, its endpoints are not. */
  readonly service: Service | undefined;
  readonly pods: readonly Pod[];
  readonly endpoints: Endpoints | undefined;
}

export type Action =
  | { readonly type: "CreateEndpoints"; readonly endpoints: Endpoints }
  | { readonly type: "UpdateEndpoints"; readonly endpoints: Endpoints }
  | { readonly type: "DeleteEndpoints"; readonly endpoints: Endpoints };

const managedByLabel = "endpoints.kubernetes.io/managed-by";
const managedBy = "endpoint-controller";
const headlessLabel = "service.kubernetes.io/headless";
const overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";
/** Addresses in one object, as in Kubernetes; the rest is cut off and said so. */
const addressesMax = 1_000;

/**
 * Keeps the Endpoints of a service as its pods are. A service without a selector keeps what was
 * written by hand; an object of a service that is gone goes too.
 */
export function reconcile({ service, pods, endpoints }: Observed): Decision<Action> {
  if (!service) return { actions: withoutService(endpoints) };
  const isSelecting = Object.keys(service.spec?.selector ?? {}).length > 0;
  if (!isSelecting || service.spec?.type === "ExternalName") return { actions: [] };
  if (service.metadata?.deletionTimestamp !== undefined) return { actions: [] };
  const { subsets, isCut } = subsetsOf(service, pods);
  const { name = "", namespace = "" } = service.metadata ?? {};
  const labels = {
    ...service.metadata?.labels,
    ...(service.spec?.clusterIP === "None" ? { [headlessLabel]: "" } : {}),
    [managedByLabel]: managedBy,
  };
  const { [overCapacityAnnotation]: _, ...annotations } = endpoints?.metadata?.annotations ?? {};
  if (isCut) annotations[overCapacityAnnotation] = "truncated";
  const metadata = { ...endpoints?.metadata, name, namespace, labels };
  const next: Endpoints = {
    ...endpoints,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    subsets,
  };
  if (!endpoints) return { actions: [{ type: "CreateEndpoints", endpoints: next }] };
  const isSame =
    isDeepStrictEqual(next.subsets, endpoints.subsets ?? []) &&
    isDeepStrictEqual(labels, endpoints.metadata?.labels ?? {}) &&
    isDeepStrictEqual(annotations, endpoints.metadata?.annotations ?? {});
  return { actions: isSame ? [] : [{ type: "UpdateEndpoints", endpoints: next }] };
}

/** Endpoints that a user wrote by hand stay. */
function withoutService(endpoints: Endpoints | undefined): Action[] {
  const isOwn = endpoints?.metadata?.labels?.[managedByLabel] === managedBy;
  return endpoints && isOwn ? [{ type: "DeleteEndpoints", endpoints }] : [];
}

function subsetsOf(
  service: Service,
  pods: readonly Pod[],
): { readonly subsets: EndpointSubset[]; readonly isCut: boolean } {
  const serving = pods.filter(
    (pod) => canServe(pod) && pod.metadata?.deletionTimestamp === undefined,
  );
  const groups = new Map<string, Required<EndpointSubset>>();
  const kept = serving.toSorted(byAddress).slice(0, addressesMax);
  for (const pod of kept) {
    const address = addressOf(service, pod);
    if (!address) continue;
    const ports = endpointPorts(service, pod).map(asEndpointPort);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { addresses: [], notReadyAddresses: [], ports };
    groups.set(key, group);
    const isServing = isReady(pod) || service.spec?.publishNotReadyAddresses === true;
    (isServing ? group.addresses : group.notReadyAddresses).push(address);
  }
  const subsets = [...groups.values()].map(withoutEmpty);
  return { subsets, isCut: serving.length > addressesMax };
}

const byAddress = (a: Pod, b: Pod) => ((a.status?.podIP ?? "") < (b.status?.podIP ?? "") ? -1 : 1);

function withoutEmpty({ addresses, notReadyAddresses, ports }: Required<EndpointSubset>) {
  return {
    ...(addresses.length > 0 ? { addresses } : {}),
    ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

const asEndpointPort = ({ name, port, protocol, appProtocol }: EndpointPort): EndpointPort => ({
  ...(name ? { name } : {}),
  ...(port === undefined ? {} : { port }),
  ...(protocol ? { protocol } : {}),
  ...(appProtocol ? { appProtocol } : {}),
});

function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const family = service.spec?.ipFamilies?.[0] === "IPv6" ? "IPv6" : "IPv4";
  const [ip] = addressesOf(pod, family);
  if (ip === undefined) return undefined;
  const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
  const { nodeName, hostname, subdomain } = pod.spec ?? {};
  const isNamed = hostname && subdomain === service.metadata?.name;
  return {
    ip,
    ...(isNamed ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}
