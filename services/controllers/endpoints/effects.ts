/** Caches and writes of the endpoints controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { endpoints } from "#libs/api/core/v1/endpoints.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller, seenBy } from "#libs/controller/controller.ts";
import { keyOf } from "#libs/informer/cache.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import { selectedPods, serviceCaches, watchServices } from "../endpointslice/caches.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";

/** The root machine of the endpoints controller; keys are services. */
export function endpointsMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:endpoint-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const caches = serviceCaches(host);
  const cache = sharedInformer(host, endpoints);
  return controller<Observed, Action>({
    host,
    informers: [caches.services, caches.pods, cache],
    watch: (enqueue) => [
      ...watchServices(caches, enqueue),
      cache.listen(({ object }) => enqueue(keyOf(object))),
    ],
    observe(key) {
      const service = caches.services.get(key);
      const pods = service ? selectedPods(caches, service) : [];
      return { service, pods, endpoints: cache.get(key) };
    },
    decide: reconcile,
    async apply(action) {
      if (action.type === "DeleteEndpoints") {
        const { namespace = "", name = "", uid = "" } = action.endpoints.metadata ?? {};
        const { revision } = await client.delete(endpoints, { namespace, name }, { uid });
        return seenBy(cache, revision);
      }
      const write = action.type === "CreateEndpoints" ? client.create : client.update;
      return seenBy(cache, (await write(endpoints, action.endpoints)).revision);
    },
  });
}
