/** Caches and writes of the root certificate publisher. */
import type { Assembled, Host } from "#libs/actor/component.ts";
import { configmaps } from "#libs/api/core/v1/configmaps.ts";
import { namespaces } from "#libs/api/core/v1/namespaces.ts";
import { hasReason } from "#libs/api/errors.ts";
import { apiClient } from "#libs/client/client.ts";
import { controller, seenBy } from "#libs/controller/controller.ts";
import { sharedInformer } from "#libs/informer/pool.ts";
import type { ControllersConfig } from "../config.ts";
import { type Action, configMapName, type Observed, reconcile } from "./decide.ts";

/** The root machine; keys are namespaces. Without a certificate to publish it does nothing. */
export function rootCaPublisherMachine(host: Host, { rootCa }: ControllersConfig): Assembled {
  const user = "system:serviceaccount:kube-system:root-ca-cert-publisher";
  const client = apiClient(host.bus, { user, manager: "kube-controller-manager" });
  const namespaceCache = sharedInformer(host, namespaces);
  const configMaps = sharedInformer(host, configmaps);
  return controller<Observed, Action>({
    host,
    informers: [namespaceCache, configMaps],
    watch: (enqueue) => [
      namespaceCache.listen(({ object }) => enqueue(object.metadata?.name ?? "")),
      configMaps.listen(({ type, object }) => {
        const { name, namespace = "" } = object.metadata ?? {};
        if (name === configMapName && type !== "added") enqueue(namespace);
      }),
    ],
    observe(key) {
      const namespace = namespaceCache.get(key);
      if (!namespace || rootCa === undefined) return undefined;
      return { namespace, configMap: configMaps.get(`${key}/${configMapName}`), rootCa };
    },
    decide: reconcile,
    async apply(action) {
      const write = action.type === "CreateConfigMap" ? client.create : client.update;
      try {
        return seenBy(configMaps, (await write(configmaps, action.configMap)).revision);
      } catch (error) {
        // Somebody was faster, or the namespace is going.
        const isFine = ["AlreadyExists", "NotFound", "Forbidden"].some((reason) =>
          hasReason(error, reason),
        );
        if (isFine) return undefined;
        throw error;
      }
    },
  });
}
