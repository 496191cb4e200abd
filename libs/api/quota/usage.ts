/** What one object uses of a namespace's quota. */
import { storageClassText } from "../core/v1/persistentvolumes.ts";
import type { KubeObject } from "../resource.ts";
import type { PersistentVolumeClaim, Pod, Service } from "#proto/gen/k8s/core/v1.ts";
import type { Amounts } from "./amounts.ts";
import { podUsage } from "./pods.ts";

/** Resources whose number has a name of its own beside `count/<resource>`. */
const plainCounts = new Set([
  ...["configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"],
  ...["secrets", "services"],
]);

/**
 * @param resource `pods`, `deployments.apps`
 * @param nowMs a pod that should be gone by now is not counted
 */
export function usageOf(resource: string, object: KubeObject, nowMs: number): Amounts {
  const counts: Amounts = {
    [`count/${resource}`]: "1",
    ...(plainCounts.has(resource) ? { [resource]: "1" } : {}),
  };
  switch (resource) {
    case "pods":
      return podUsage(object as Pod, nowMs);
    case "services":
      return { ...counts, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...counts, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      return counts;
  }
}

/** Names of quota that objects of a resource can count for, as a test. */
export function concerns(resource: string, name: string): boolean {
  if (name.startsWith("count/")) return name === `count/${resource}`;
  switch (resource) {
    case "pods":
      return !isStorage(name) && !plainCounts.has(name) && !name.startsWith("services.");
    case "services":
      return name === "services" || name.startsWith("services.");
    case "persistentvolumeclaims":
      return isStorage(name);
    default:
      return plainCounts.has(resource) && name === resource;
  }
}

const storageClassSuffix = ".storageclass.storage.k8s.io/";
const isStorage = (name: string) =>
  name === "persistentvolumeclaims" ||
  name === "requests.storage" ||
  name.includes(storageClassSuffix);

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports?.length ?? 0;
  switch (spec?.type) {
    case "NodePort":
      return { "services.nodeports": String(ports), "services.loadbalancers": "0" };
    case "LoadBalancer": {
      const given = (spec.ports ?? []).filter(({ nodePort = 0 }) => nodePort !== 0).length;
      const nodePorts = spec.allocateLoadBalancerNodePorts === false ? given : ports;
      return { "services.nodeports": String(nodePorts), "services.loadbalancers": "1" };
    }
    default:
      return { "services.nodeports": "0", "services.loadbalancers": "0" };
  }
}

function claimUsage(claim: PersistentVolumeClaim): Amounts {
  const { spec, status } = claim;
  const storageClass = storageClassText(claim);
  const ofClass = (name: string) => `${storageClass}${storageClassSuffix}${name}`;
  const requested = spec?.resources?.requests?.["storage"];
  // A claim that failed to shrink still holds what it was given.
  const storage = requested ?? status?.allocatedResources?.["storage"];
  return {
    ...(storageClass === "" ? {} : { [ofClass("persistentvolumeclaims")]: "1" }),
    ...(storage === undefined ? {} : { "requests.storage": storage }),
    ...(storage === undefined || storageClass === ""
      ? {}
      : { [ofClass("requests.storage")]: storage }),
  };
}
