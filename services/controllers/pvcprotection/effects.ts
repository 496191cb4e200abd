/** Caches and writes of the claim protection controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { persistentvolumeclaims } from "#libs/api/core/v1/persistentvolumeclaims.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller } from "#libs/controller/controller.ts";
import { dropFinalizer } from "#libs/controller/finalizers.ts";
import { keyOf, splitKey } from "#libs/informer/cache.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { type Action, claimsOf, finalizer, type Observed, reconcile } from "./decide.ts";

const byClaim = "claim";

const claimKeys = (pod: Pod): readonly string[] =>
  claimsOf(pod).map((name) => `${pod.metadata?.namespace ?? ""}/${name}`);

/** The root machine; keys are claims. */
export function claimProtectionMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:pvc-protection-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const claims = sharedInformer(host, persistentvolumeclaims);
  const podCache = sharedInformer(host, pods);
  podCache.addIndex(byClaim, claimKeys);
  return controller<Observed, Action>({
    host,
    informers: [claims, podCache],
    watch: (enqueue) => [
      claims.listen(({ object }) => enqueue(keyOf(object))),
      podCache.listen(({ object }) => claimKeys(object).forEach((key) => enqueue(key))),
    ],
    observe(key) {
      const claim = claims.get(key);
      return claim && { claim, pods: [...podCache.byIndex(byClaim, key)] };
    },
    decide: reconcile,
    apply: (_action, key) =>
      dropFinalizer(client, persistentvolumeclaims, claims, splitKey(key), finalizer),
  });
}
