/** Caches and writes of the cluster role aggregation controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { hasReason } from "#libs/api/errors.ts";
import { mergePatch } from "#libs/api/patch/content.ts";
import { clusterroles } from "#libs/api/rbac/v1/clusterroles.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller, seenBy } from "#libs/controller/controller.ts";
import { keyOf, splitKey } from "#libs/informer/cache.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";

/** The root machine; keys are cluster roles. */
export function clusterRoleAggregationMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:clusterrole-aggregation-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const roles = sharedInformer(host, clusterroles);
  return controller<Observed, Action>({
    host,
    informers: [roles],
    // Any role may be one that others gather: all that gather are looked at again.
    watch: (enqueue) => [
      roles.listen(() => {
        for (const role of roles.values()) {
          if (role.aggregationRule !== undefined) enqueue(keyOf(role));
        }
      }),
    ],
    observe: (key) => {
      const role = roles.get(key);
      return role && { role, all: [...roles.values()] };
    },
    decide: reconcile,
    apply: async ({ rules }, key) => {
      const { uid, resourceVersion } = roles.get(key)?.metadata ?? {};
      const patch = { metadata: { uid, resourceVersion }, rules };
      try {
        const { revision } = await client.patch(clusterroles, splitKey(key), mergePatch, patch);
        return seenBy(roles, revision);
      } catch (error) {
        if (hasReason(error, "NotFound")) return undefined;
        throw error;
      }
    },
  });
}
