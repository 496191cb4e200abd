/** Keeps the cluster's root certificate where a namespace's pods look for it. */
import type { Decision } from "#libs/controller/controller.ts";
import type { ConfigMap, Namespace } from "#proto/gen/k8s/core/v1.ts";

export interface Observed {
  readonly namespace: Namespace;
  readonly configMap: ConfigMap | undefined;
  /** PEM. */
  readonly rootCa: string;
}

export type Action =
  | { readonly type: "CreateConfigMap"; readonly configMap: ConfigMap }
  | { readonly type: "UpdateConfigMap"; readonly configMap: ConfigMap };

export const configMapName = "kube-root-ca.crt";
const dataKey = "ca.crt";
/** Kubernetes' own words in this annotation tell what the file is not for; these say the same. */
const description = "Verifies the certificate of the API server of this cluster, and nothing else.";

/** Puts the certificate's config map into a living namespace, and back when it was changed. */
export function reconcile({ namespace, configMap, rootCa }: Observed): Decision<Action> {
  const { name = "", deletionTimestamp } = namespace.metadata ?? {};
  if (deletionTimestamp !== undefined || namespace.status?.phase === "Terminating") {
    return { actions: [] };
  }
  const data = { [dataKey]: rootCa };
  if (!configMap) {
    const annotations = { "kubernetes.io/description": description };
    const metadata = { name: configMapName, namespace: name, annotations };
    return { actions: [{ type: "CreateConfigMap", configMap: { metadata, data } }] };
  }
  const present = configMap.data ?? {};
  const isSame = present[dataKey] === rootCa && Object.keys(present).length === 1;
  if (isSame) return { actions: [] };
  return { actions: [{ type: "UpdateConfigMap", configMap: { ...configMap, data } }] };
}
