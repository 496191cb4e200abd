/** Caches and writes of the service account controller. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { namespaces } from "#libs/api/core/v1/namespaces.ts";
import { serviceaccounts } from "#libs/api/core/v1/serviceaccounts.ts";
import { hasReason } from "#libs/api/errors.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller, seenBy } from "#libs/controller/controller.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import { type Action, type Observed, reconcile } from "./decide.ts";

const byNamespace = "namespace";

/** The root machine of the service account controller; keys are namespaces. */
export function serviceAccountMachine(host: Host): Assembled {
  const user = "system:serviceaccount:kube-system:service-account-controller";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const namespaceCache = sharedInformer(host, namespaces);
  const accountCache = sharedInformer(host, serviceaccounts);
  accountCache.addIndex(byNamespace, ({ metadata }) => [metadata?.namespace ?? ""]);
  return controller<Observed, Action>({
    host,
    informers: [namespaceCache, accountCache],
    watch: (enqueue) => [
      namespaceCache.listen(({ object }) => enqueue(object.metadata?.name ?? "")),
      accountCache.listen(({ type, object }) => {
        if (type === "deleted") enqueue(object.metadata?.namespace ?? "");
      }),
    ],
    observe(key) {
      const namespace = namespaceCache.get(key);
      if (!namespace) return undefined;
      return { namespace, accounts: [...accountCache.byIndex(byNamespace, key)] };
    },
    decide: reconcile,
    async apply({ name }, namespace) {
      try {
        const account = { metadata: { name, namespace } };
        const { revision } = await client.create(serviceaccounts, account);
        return seenBy(accountCache, revision);
      } catch (error) {
        // Somebody was faster, or the namespace is going: nothing is missing then.
        const isFine = ["AlreadyExists", "NotFound", "Forbidden"].some((reason) =>
          hasReason(error, reason),
        );
        if (isFine) return undefined;
        throw error;
      }
    },
  });
}
