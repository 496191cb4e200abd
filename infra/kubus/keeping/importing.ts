/**
 * What an exported object becomes when it is made again: what the server or a controller fills in
 * is left out, as are objects that a controller makes by itself. Pure.
 */
import type { KubeObject } from "#libs/api/resource.ts";
import type { ObjectMeta, OwnerReference } from "#proto/gen/k8s/meta/v1.ts";

export type Fields = Record<string, unknown>;

export type Prepared =
  | { readonly type: "make"; readonly object: KubeObject & Fields }
  | { readonly type: "leaveOut"; readonly why: string };

/** Kinds that the cluster makes for itself, and why. */
const ownKinds: Readonly<Record<string, string>> = {
  "v1/Event": "events are of the past",
  "events.k8s.io/v1/Event": "events are of the past",
  "v1/Node": "its kubelet makes it",
  "coordination.k8s.io/v1/Lease": "whoever holds it makes it",
  "networking.k8s.io/v1/IPAddress": "it goes with its service",
};

const serverFields = [
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "selfLink",
  "managedFields",
];

/**
 * @param uids what the uids of objects that were made already became; what owns others is among
 *   them, and owners that are not are forgotten
 */
export function prepare(exported: KubeObject, uids: ReadonlyMap<string, string>): Prepared {
  const why = reasonToLeaveOut(exported);
  if (why !== undefined) return { type: "leaveOut", why };
  const object = structuredClone(exported) as KubeObject & Fields;
  const metadata = (object.metadata ?? {}) as Fields;
  for (const field of serverFields) delete metadata[field];
  delete object["status"];
  const owners = ownersOf(exported).flatMap((owner) => {
    const uid = uids.get(owner.uid ?? "");
    return uid === undefined ? [] : [{ ...owner, uid }];
  });
  if (owners.length > 0) metadata["ownerReferences"] = owners;
  else delete metadata["ownerReferences"];
  strippers[keyOf(object)]?.((object["spec"] ?? {}) as Fields, metadata);
  return { type: "make", object };
}

/** Objects with owners are made after all others, whose uids are known by then. */
export const hasOwners = (object: KubeObject): boolean => ownersOf(object).length > 0;

const ownersOf = ({ metadata }: KubeObject): readonly OwnerReference[] =>
  metadata?.ownerReferences ?? [];

const keyOf = ({ apiVersion = "", kind = "" }: KubeObject): string => `${apiVersion}/${kind}`;

/** What API servers and the publisher of the root certificate keep, wherever it is. */
const ownObjects: Readonly<Record<string, { readonly namespace?: string; readonly name: string }>> =
  {
    "v1/ConfigMap": { name: "kube-root-ca.crt" },
    "v1/Service": { namespace: "default", name: "kubernetes" },
    "v1/Endpoints": { namespace: "default", name: "kubernetes" },
    "discovery.k8s.io/v1/EndpointSlice": { namespace: "default", name: "kubernetes" },
    "networking.k8s.io/v1/ServiceCIDR": { name: "kubernetes" },
  };

function isOwn(key: string, { namespace, name }: ObjectMeta): boolean {
  const own = ownObjects[key];
  return own?.name === name && (own?.namespace ?? namespace) === namespace;
}

function reasonToLeaveOut(object: KubeObject): string | undefined {
  const { metadata = {} } = object;
  const controller = ownersOf(object).find((owner) => owner.controller === true);
  if (controller) return `${controller.kind} ${controller.name} makes it`;
  if (metadata.deletionTimestamp !== undefined) return "it was being deleted";
  const key = keyOf(object);
  if (isOwn(key, metadata)) return "every cluster has its own";
  const { type } = object as Fields;
  if (key === "v1/Secret" && type === "kubernetes.io/service-account-token") {
    return "its token is of another cluster";
  }
  return ownKinds[key];
}

type Strip = (spec: Fields, metadata: Fields) => void;

/** What of a kind's spec the server or a controller fills in. */
const strippers: Readonly<Record<string, Strip>> = {
  "v1/Namespace": (spec) => delete spec["finalizers"],
  "v1/Pod": (spec) => delete spec["nodeName"],
  "v1/Service": (spec) => {
    // Addresses are of the cluster's own network, but that there is none is a choice.
    if (spec["clusterIP"] !== "None") for (const field of addressFields) delete spec[field];
    delete spec["healthCheckNodePort"];
  },
  "v1/PersistentVolume": (spec) => {
    const claim = spec["claimRef"] as Fields | undefined;
    for (const field of ["uid", "resourceVersion"]) delete claim?.[field];
  },
  "batch/v1/Job": (spec, metadata) => {
    if (spec["manualSelector"] === true) return;
    delete spec["selector"];
    const template = spec["template"] as { metadata?: Fields } | undefined;
    for (const labels of [metadata["labels"], template?.metadata?.["labels"]]) {
      for (const label of jobLabels) delete (labels as Fields | undefined)?.[label];
    }
  },
};

const addressFields = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];

const jobLabels = [
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "job-name",
  "batch.kubernetes.io/job-name",
];
