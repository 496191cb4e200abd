/** Steps that make a service's endpoint slices say which pods stand behind it. */
import { isDeepStrictEqual } from "node:util";
import type { Decision } from "#libs/controller/controller.ts";
import { controllerReference } from "#libs/controller/ownership.ts";
import type { Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import { type AddressType, addressesOf, canServe, endpointOf, endpointPorts } from "./endpoints.ts";

export interface Observed {
  readonly service: Service;
  /** Pods that the service selects. */
  readonly pods: readonly Pod[];
  /** Slices of this service that this controller made. */
  readonly slices: readonly EndpointSlice[];
  /** Zones of nodes. */
  readonly zones: ReadonlyMap<string, string>;
}

export type Action =
  | { readonly type: "CreateSlice"; readonly slice: EndpointSlice }
  | { readonly type: "UpdateSlice"; readonly slice: EndpointSlice }
  | { readonly type: "DeleteSlice"; readonly slice: EndpointSlice };

export const managedBy = "endpointslice-controller.k8s.io";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const serviceNameLabel = "kubernetes.io/service-name";
const headlessLabel = "service.kubernetes.io/headless";
/** Endpoints in one slice, as Kubernetes' --max-endpoints-per-slice. */
const endpointsPerSliceMax = 100;

/** Endpoints of one address family that offer the same ports. */
interface Group {
  readonly type: AddressType;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * Fills the slices of a service, of which those that no group of ports takes are deleted. Slices
 * of a service without a selector are left alone.
 */
export function reconcile(observed: Observed): Decision<Action> {
  const { service, slices } = observed;
  const isSelecting = Object.keys(service.spec?.selector ?? {}).length > 0;
  if (!isSelecting || service.metadata?.deletionTimestamp !== undefined) return { actions: [] };
  if (service.spec?.type === "ExternalName") return { actions: deleteAll(slices) };
  const groups = familiesOf(service).flatMap((type) => groupsOf(observed, type));
  const free = new Set(slices.filter(({ metadata }) => !metadata?.deletionTimestamp));
  const actions = groups.flatMap((group) => fill(observed, group, free));
  // What no group took is no longer wanted.
  return { actions: [...actions, ...deleteAll([...free])] };
}

const deleteAll = (slices: readonly EndpointSlice[]): Action[] =>
  slices.map((slice) => ({ type: "DeleteSlice", slice }));

function familiesOf({ spec }: Service): AddressType[] {
  const families = spec?.ipFamilies ?? [];
  return families.length > 0 ? families.map(asAddressType) : ["IPv4"];
}

const asAddressType = (family: string): AddressType => (family === "IPv6" ? "IPv6" : "IPv4");

function groupsOf({ service, pods, zones }: Observed, type: AddressType): Group[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  const facts = { service, type, zoneOf: (node: string) => zones.get(node) };
  for (const pod of pods) {
    if (!canServe(pod) || addressesOf(pod, type).length === 0) continue;
    const ports = endpointPorts(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(pod, facts));
  }
  // A service without pods has one empty slice, so that it can be told from one not looked at yet.
  if (groups.size === 0) return [{ type, ports: [], endpoints: [] }];
  return [...groups.values()].map((group) => ({ type, ...group }));
}

const identityOf = ({ targetRef }: Endpoint) => targetRef?.uid ?? "";

/**
 * Puts a group's endpoints into slices with as few writes as may be: what is there stays where it
 * is, changed slices are filled up, and only what is left over makes new ones.
 */
function fill(observed: Observed, group: Group, free: Set<EndpointSlice>): Action[] {
  const usable = [...free].filter(
    ({ addressType, ports }) =>
      addressType === group.type && isDeepStrictEqual(ports ?? [], group.ports),
  );
  const waiting = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = usable.map((slice) => {
    const endpoints = (slice.endpoints ?? []).flatMap((endpoint) => {
      const next = waiting.get(identityOf(endpoint));
      waiting.delete(identityOf(endpoint));
      return next ? [next] : [];
    });
    return { slice, endpoints };
  });
  const rest = [...waiting.values()];
  const actions: Action[] = [];
  for (const { slice, endpoints } of kept) {
    const filled = [...endpoints, ...rest.splice(0, endpointsPerSliceMax - endpoints.length)];
    const isSpare = filled.length === 0 && (group.endpoints.length > 0 || slice !== usable[0]);
    if (isSpare) continue;
    free.delete(slice);
    const next = { ...slice, ...described(observed, slice), endpoints: filled };
    if (!isDeepStrictEqual(next, withLists(slice))) {
      actions.push({ type: "UpdateSlice", slice: next });
    }
  }
  const isMissing = kept.length === 0 && group.endpoints.length === 0;
  if (isMissing) actions.push(createSlice(observed, group, []));
  while (rest.length > 0) {
    actions.push(createSlice(observed, group, rest.splice(0, endpointsPerSliceMax)));
  }
  return actions;
}

const withLists = (slice: EndpointSlice): EndpointSlice => ({
  ...slice,
  endpoints: slice.endpoints ?? [],
});

/** The metadata that this controller keeps on a slice. */
function described({ service }: Observed, slice: EndpointSlice): Pick<EndpointSlice, "metadata"> {
  return { metadata: { ...slice.metadata, labels: labelsFor(service) } };
}

function labelsFor({ metadata, spec }: Service): Record<string, string> {
  return {
    ...metadata?.labels,
    ...(spec?.clusterIP === "None" ? { [headlessLabel]: "" } : {}),
    [serviceNameLabel]: metadata?.name ?? "",
    [managedByLabel]: managedBy,
  };
}

function createSlice(
  { service }: Observed,
  { type, ports }: Group,
  endpoints: readonly Endpoint[],
): Action {
  const { name = "", namespace = "" } = service.metadata ?? {};
  return {
    type: "CreateSlice",
    slice: {
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels: labelsFor(service),
        ownerReferences: [controllerReference(service)],
      },
      addressType: type,
      ports: [...ports],
      endpoints: [...endpoints],
    },
  };
}
