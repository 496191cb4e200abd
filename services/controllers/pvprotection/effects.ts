/** Caches and writes of the volume protection controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { persistentvolumes } from "#libs/api/core/v1/persistentvolumes.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller } from "#libs/controller/controller.ts";
import { dropFinalizer } from "#libs/controller/finalizers.ts";
import { keyOf, splitKey } from "#libs/informer/cache.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { PersistentVolume } from "#proto/gen/k8s/core/v1.ts";
import { type Action, finalizer, reconcile } from "./decide.ts";

/** The root machine; keys are volumes. */
export function volumeProtectionMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:pv-protection-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const volumes = sharedInformer(host, persistentvolumes);
  return controller<PersistentVolume, Action>({
    host,
    informers: [volumes],
    watch: (enqueue) => [volumes.listen(({ object }) => enqueue(keyOf(object)))],
    observe: (key) => volumes.get(key),
    decide: reconcile,
    apply: (_action, key) =>
      dropFinalizer(client, persistentvolumes, volumes, splitKey(key), finalizer),
  });
}
