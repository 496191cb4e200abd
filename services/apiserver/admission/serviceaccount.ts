/** Every pod runs as a service account, and finds its token in a volume. */
import { forbiddenError, type StatusError } from "#libs/api/errors.ts";
import { generateName } from "#libs/api/names.ts";
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from "#proto/gen/k8s/core/v1.ts";
import { resourceText, type AdmissionPlugin, type AdmissionReader } from "./plugin.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
/** A little over an hour: kubelets ask for a new token long before. */
const tokenSeconds = 3607;
/** The default account of a new namespace is made by a controller a moment later. */
const defaultAccountAttemptsMax = 10;
const defaultAccountRetryMs = 100;

export const serviceAccount: AdmissionPlugin = {
  name: "ServiceAccount",
  async mutate({ operation, place, draft }, reader) {
    if (operation !== "create" || resourceText(place) !== "pods") return;
    const pod = draft as Pod | undefined;
    if (pod?.spec === undefined || place.subresource !== "") return;
    // The kubelet's picture of a pod that it runs by itself has no account.
    if (pod.metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined) return;
    const { spec } = pod;
    if ((spec.serviceAccountName ?? "") === "") spec.serviceAccountName = "default";
    const name = spec.serviceAccountName ?? "default";
    spec.serviceAccount = name;
    const account = await findAccount(reader, place.namespace, name);
    if (account === undefined) throw missingAccount(pod, place.namespace, name);
    if (mountsToken(spec, account)) mountToken(spec, reader);
    if ((spec.imagePullSecrets?.length ?? 0) === 0 && account.imagePullSecrets !== undefined) {
      spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }));
    }
  },
};

async function findAccount(
  reader: AdmissionReader,
  namespace: string,
  name: string,
): Promise<ServiceAccount | undefined> {
  const cached = reader.cached("serviceaccounts", namespace, name);
  if (cached !== undefined) return cached;
  const attemptsMax = name === "default" ? defaultAccountAttemptsMax : 1;
  for (let attempt = 1; ; attempt++) {
    const live = await reader.live("serviceaccounts", namespace, name);
    if (live !== undefined || attempt >= attemptsMax) return live;
    await reader.sleep(defaultAccountRetryMs);
  }
}

function missingAccount({ metadata }: Pod, namespace: string, account: string): StatusError {
  const name = metadata?.name ?? "";
  const why =
    `error looking up service account ${namespace}/${account}: ` +
    `serviceaccount "${account}" not found`;
  return forbiddenError({ group: "", name: "pods" }, name, why);
}

const mountsToken = (spec: PodSpec, account: ServiceAccount): boolean =>
  spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;

function mountToken(spec: PodSpec, reader: AdmissionReader): void {
  const existing = spec.volumes?.find(({ name }) => name?.startsWith(volumePrefix));
  const volumeName = existing?.name ?? generateName(volumePrefix, () => reader.random());
  let used = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    used = addMount(container, volumeName) || used;
  }
  if (existing !== undefined || !used) return;
  spec.volumes = [...(spec.volumes ?? []), tokenVolume(volumeName)];
}

function addMount(container: Container, volumeName: string): boolean {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some((mount) => mount.mountPath === mountPath)) return false;
  container.volumeMounts = [...mounts, { name: volumeName, readOnly: true, mountPath }];
  return true;
}

/** Token, certificate authority and namespace, as clients inside a pod expect them. */
function tokenVolume(name: string): Volume {
  const namespaceField = { apiVersion: "v1", fieldPath: "metadata.namespace" };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: namespaceField }] } },
      ],
      defaultMode: 0o644,
    },
  };
}
