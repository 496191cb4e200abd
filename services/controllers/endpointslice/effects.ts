/** Caches and writes of the endpoint slice controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { endpointslices } from "#libs/api/discovery/v1/endpointslices.ts";
import { hasReason } from "#libs/api/errors.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { controller, type Seen, seenBy } from "#libs/controller/controller.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { EndpointSlice } from "#proto/gen/k8s/discovery/v1.ts";
import {
  selectedPods,
  type ServiceCaches,
  serviceCaches,
  watchServices,
  zonesOf,
} from "./caches.ts";
import {
  type Action,
  managedBy,
  managedByLabel,
  type Observed,
  reconcile,
  serviceNameLabel,
} from "./decide.ts";

const byService = "service";

/** Key of the service that a slice of this controller belongs to. */
function serviceKey({ metadata }: EndpointSlice): readonly string[] {
  const { namespace = "", labels = {} } = metadata ?? {};
  const name = labels[serviceNameLabel];
  return name && labels[managedByLabel] === managedBy ? [`${namespace}/${name}`] : [];
}

/** The root machine of the endpoint slice controller; keys are services. */
export function endpointSliceMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:endpointslice-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const caches = serviceCaches(host);
  const slices = sharedInformer(host, endpointslices);
  slices.addIndex(byService, serviceKey);
  return controller<Observed, Action>({
    host,
    informers: [caches.services, caches.pods, caches.nodes, slices],
    watch: (enqueue) => [
      ...watchServices(caches, enqueue),
      slices.listen(({ type, object }) => {
        if (type !== "added") serviceKey(object).forEach((key) => enqueue(key));
      }),
    ],
    observe: (key) => observe(caches, slices, key),
    decide: reconcile,
    apply: (action) => apply(client, slices, action),
  });
}

function observe(
  caches: ServiceCaches,
  slices: Informer<EndpointSlice>,
  key: string,
): Observed | undefined {
  const service = caches.services.get(key);
  if (!service) return undefined;
  const pods = selectedPods(caches, service);
  return {
    service,
    pods,
    slices: [...slices.byIndex(byService, key)],
    zones: zonesOf(caches, pods),
  };
}

async function apply(
  client: Client,
  slices: Informer<EndpointSlice>,
  { type, slice }: Action,
): Promise<Seen | void> {
  if (type === "CreateSlice") {
    return seenBy(slices, (await client.create(endpointslices, slice)).revision);
  }
  if (type === "UpdateSlice") {
    return seenBy(slices, (await client.update(endpointslices, slice)).revision);
  }
  const { namespace = "", name = "", uid = "" } = slice.metadata ?? {};
  try {
    const { revision } = await client.delete(endpointslices, { namespace, name }, { uid });
    return seenBy(slices, revision);
  } catch (error) {
    if (hasReason(error, "NotFound")) return undefined;
    throw error;
  }
}
