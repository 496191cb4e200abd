/**
 * Simulated containers have no files and no variables, but they do not start without the config
 * maps and secrets that real ones would wait for.
 */
import type { ConfigMap, Container, Pod, Secret } from "#proto/gen/k8s/core/v1.ts";
import { ConfigError, environmentOf, referencesOf } from "../../environment/environment.ts";
import { RuntimeError } from "../../runtime.ts";
import type { Sources } from "../../sources.ts";

export type ReadSources = Pick<Sources, "configMap" | "secret" | "node" | "hostIp">;

/** Whether anything must be read before the container can start. */
export function hasReferences(container: Container): boolean {
  const { configMaps, secrets } = referencesOf(container);
  return configMaps.length + secrets.length > 0;
}

/** Rejects with RuntimeError CreateContainerConfigError when a variable's source is missing. */
export async function checkVariables(
  sources: ReadSources,
  pod: Pod,
  container: Container,
  podIp: string,
): Promise<void> {
  const { namespace = "" } = pod.metadata ?? {};
  const named = referencesOf(container);
  const configMaps = new Map<string, ConfigMap | undefined>();
  const secrets = new Map<string, Secret | undefined>();
  for (const name of named.configMaps) {
    configMaps.set(name, await sources.configMap(namespace, name));
  }
  for (const name of named.secrets) secrets.set(name, await sources.secret(namespace, name));
  const { node, hostIp } = sources;
  const references = { configMaps, secrets };
  try {
    environmentOf({ pod, container, hostIp, podIp, node, references, services: {} });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new RuntimeError("CreateContainerConfigError", error.message);
  }
}

/** Whether a volume of the pod shows a config map or a secret that has to be there. */
export const hasObjectVolumes = ({ spec }: Pod): boolean =>
  (spec?.volumes ?? []).some(
    ({ configMap, secret }) => (configMap ?? secret) && !(configMap ?? secret)?.optional,
  );

/** Rejects with RuntimeError FailedMount when the object of a volume is missing. */
export async function checkVolumes(sources: ReadSources, { metadata, spec }: Pod): Promise<void> {
  const { namespace = "" } = metadata ?? {};
  for (const { name = "", configMap, secret } of spec?.volumes ?? []) {
    const fail = (what: string) => {
      const text = `MountVolume.SetUp failed for volume "${name}" : ${what} not found`;
      throw new RuntimeError("FailedMount", text);
    };
    if (configMap && !configMap.optional) {
      const wanted = configMap.name ?? "";
      if (!(await sources.configMap(namespace, wanted))) fail(`configmap "${wanted}"`);
    }
    if (secret && !secret.optional) {
      const wanted = secret.secretName ?? "";
      if (!(await sources.secret(namespace, wanted))) fail(`secret "${wanted}"`);
    }
  }
}
