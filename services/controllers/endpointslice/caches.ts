/** The caches that controllers of service endpoints share, and what makes them look again. */
import type { Host } from "#libs/actor/component.ts";
import { nodes } from "#libs/api/core/v1/nodes.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { services } from "#libs/api/core/v1/services.ts";
import type { BusSubscription } from "#libs/bus/bus.ts";
import type { Enqueue } from "#libs/controller/controller.ts";
import { keyOf } from "#libs/informer/cache.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Node, Pod, Service } from "#proto/gen/k8s/core/v1.ts";

export interface ServiceCaches {
  readonly services: Informer<Service>;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
}

const byNamespace = "namespace";
const namespaceOf = ({ metadata }: Service | Pod) => [metadata?.namespace ?? ""];
const zoneLabel = "topology.kubernetes.io/zone";

/** The caches that endpoints are made of, indexed by namespace, shared with other controllers. */
export function serviceCaches(host: Host): ServiceCaches {
  const caches = {
    services: sharedInformer(host, services),
    pods: sharedInformer(host, pods),
    nodes: sharedInformer(host, nodes),
  };
  caches.services.addIndex(byNamespace, namespaceOf);
  caches.pods.addIndex(byNamespace, namespaceOf);
  return caches;
}

/** Whether a service without a null selector selects these labels. */
function selects({ spec }: Service, labels: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(spec?.selector ?? {});
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}

/** Pods that a service selects. */
export function selectedPods({ pods: cache }: ServiceCaches, service: Service): Pod[] {
  const found: Pod[] = [];
  for (const pod of cache.byIndex(byNamespace, service.metadata?.namespace ?? "")) {
    if (selects(service, pod.metadata?.labels ?? {})) found.push(pod);
  }
  return found;
}

/** Zones of the nodes that these pods run on. */
export function zonesOf(
  { nodes: cache }: ServiceCaches,
  pods: readonly Pod[],
): ReadonlyMap<string, string> {
  const zones = new Map<string, string>();
  for (const { spec } of pods) {
    const zone = spec?.nodeName && cache.get(spec.nodeName)?.metadata?.labels?.[zoneLabel];
    if (zone) zones.set(spec.nodeName ?? "", zone);
  }
  return zones;
}

/** What endpoints depend on in a pod: changes of anything else are no reason to look. */
function facet(pod: Pod): string {
  const { metadata, spec, status } = pod;
  return JSON.stringify([
    metadata?.labels,
    metadata?.deletionTimestamp !== undefined,
    spec?.nodeName,
    status?.phase,
    status?.podIPs,
    status?.conditions?.find(({ type }) => type === "Ready")?.status,
  ]);
}

/** Looks at a service again when it or one of its pods changes. */
export function watchServices(caches: ServiceCaches, enqueue: Enqueue): BusSubscription[] {
  const enqueueFor = (pod: Pod) => {
    for (const service of caches.services.byIndex(byNamespace, pod.metadata?.namespace ?? "")) {
      if (selects(service, pod.metadata?.labels ?? {})) enqueue(keyOf(service));
    }
  };
  return [
    caches.services.listen(({ object }) => enqueue(keyOf(object))),
    caches.pods.listen((notice) => {
      if (notice.type === "updated") {
        if (facet(notice.old) === facet(notice.object)) return;
        enqueueFor(notice.old);
      }
      enqueueFor(notice.object);
    }),
  ];
}
