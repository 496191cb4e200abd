/** Which objects the API server itself keeps in every cluster. Pure. */
import { localServices, managedLabel } from "#libs/api/apiregistration/v1/local.ts";
import { semanticEqual } from "#libs/api/equality.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import { systemPriorities } from "#libs/api/scheduling/v1/priorityclasses.ts";
import type { ServiceCIDR } from "#proto/gen/k8s/networking/v1.ts";
import { rbacObjects } from "./auth/rbac/bootstrap/objects.ts";
import { flowControlObjects } from "./fairness/bootstrap.ts";

/** An object that has to be there. */
export interface BootstrapObject {
  /** `namespaces`, `endpointslices.discovery.k8s.io`. */
  readonly resource: string;
  readonly namespace: string;
  readonly object: KubeObject & Record<string, unknown>;
  /** True when an object that differs is put right; false when being there is enough. */
  readonly enforced: boolean;
  /** Says what takes the place of an object that is there, instead of `enforced`. */
  revise?(current: KubeObject): KubeObject | undefined;
}

export interface Facilities {
  /** First address of the service network. */
  readonly serviceIp: string;
  /** The service network itself. */
  readonly serviceCidr: string;
  /** Where nodes and pods reach this API server. */
  readonly advertiseAddress: string;
  readonly port: number;
  /** What this server answers. */
  readonly versions: readonly { readonly group: string; readonly version: string }[];
}

const systemNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
const serviceName = "kubernetes";
const portName = "https";
const servicePort = 443;

/** What is written when the server starts, in that order. */
export function bootstrapObjects(facilities: Facilities): BootstrapObject[] {
  return [
    ...systemNamespaces.map(namespaceObject),
    ...Object.entries(systemPriorities).map(priorityObject),
    ...localServices(facilities.versions).map(serviceOfVersion),
    ...rbacObjects.map((kept) => ({ ...kept, enforced: false })),
    ...flowControlObjects,
    ...addressObjects(facilities),
  ];
}

/** What is put right again and again while the server runs: a part of the above. */
export function keptObjects(facilities: Facilities): BootstrapObject[] {
  return [
    ...systemNamespaces.map(namespaceObject),
    ...flowControlObjects,
    ...addressObjects(facilities),
  ];
}

function addressObjects(facilities: Facilities): BootstrapObject[] {
  return [
    serviceCidrObject(facilities),
    serviceObject(facilities),
    endpointsObject(facilities),
    endpointSliceObject(facilities),
  ];
}

function namespaceObject(name: string): BootstrapObject {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  return { resource: "namespaces", namespace: "", object, enforced: false };
}

function priorityObject([name, value]: [name: string, value: number]): BootstrapObject {
  const object = {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    description: "For pods that the cluster itself cannot do without.",
  };
  const resource = "priorityclasses.scheduling.k8s.io";
  return { resource, namespace: "", object, enforced: false };
}

function serviceOfVersion(service: KubeObject): BootstrapObject {
  const resource = "apiservices.apiregistration.k8s.io";
  const object = service as BootstrapObject["object"];
  // An administrator who takes the label away keeps the object for himself.
  const isOwn = ({ metadata }: KubeObject) => metadata?.labels?.[managedLabel] === "onstart";
  const revise = (current: KubeObject & Record<string, unknown>) => {
    if (!isOwn(current) || semanticEqual(current["spec"], object["spec"])) return undefined;
    return { ...current, spec: object["spec"] };
  };
  return { resource, namespace: "", object, enforced: false, revise };
}

/** The range that the server was started with is an object like those that are added later. */
function serviceCidrObject({ serviceCidr }: Facilities): BootstrapObject {
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: serviceName },
    spec: { cidrs: [serviceCidr] },
  };
  const revise = (current: ServiceCIDR) => {
    const conditions = current.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === "Ready")) return undefined;
    const lastTransitionTime = current.metadata?.creationTimestamp;
    if (lastTransitionTime === undefined) return undefined;
    const ready = {
      type: "Ready",
      status: "True",
      lastTransitionTime,
      reason: "",
      message: "Kubernetes default Service CIDR is ready",
    };
    return { ...current, status: { conditions: [...conditions, ready] } };
  };
  const resource = "servicecidrs.networking.k8s.io";
  return { resource, namespace: "", object, enforced: false, revise };
}

function serviceObject({ serviceIp, port }: Facilities): BootstrapObject {
  const object = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: serviceName,
      namespace: "default",
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      type: "ClusterIP",
      clusterIP: serviceIp,
      clusterIPs: [serviceIp],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
      sessionAffinity: "None",
      ports: [{ name: portName, protocol: "TCP", port: servicePort, targetPort: port }],
    },
  };
  return { resource: "services", namespace: "default", object, enforced: true };
}

/** Skipped by the mirroring of endpoints into slices: the slice below says the same. */
const mirrorLabels = { "endpointslice.kubernetes.io/skip-mirror": "true" };

function endpointsObject({ advertiseAddress, port }: Facilities): BootstrapObject {
  const object = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: serviceName, namespace: "default", labels: mirrorLabels },
    subsets: [
      {
        addresses: [{ ip: advertiseAddress }],
        ports: [{ name: portName, port, protocol: "TCP" }],
      },
    ],
  };
  return { resource: "endpoints", namespace: "default", object, enforced: true };
}

function endpointSliceObject({ advertiseAddress, port }: Facilities): BootstrapObject {
  const object = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: serviceName,
      namespace: "default",
      labels: { "kubernetes.io/service-name": serviceName },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
    ports: [{ name: portName, port, protocol: "TCP" }],
  };
  const resource = "endpointslices.discovery.k8s.io";
  return { resource, namespace: "default", object, enforced: true };
}
