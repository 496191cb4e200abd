/** What a container needs before it can be made: variables, mounts, rights. */
import type { ContainerInspectInfo } from "dockerode";
import type Docker from "dockerode";
import type { ConfigMap, Container, Pod, Secret } from "#proto/gen/k8s/core/v1.ts";
import { ConfigError, environmentOf, referencesOf } from "../../environment/environment.ts";
import { serviceVariables } from "../../environment/services.ts";
import { RuntimeError } from "../../runtime.ts";
import type { Sources } from "../../sources.ts";
import { VolumeError } from "../../volumes/files.ts";
import { type Mount, mountsOf } from "../../volumes/mounts.ts";
import type { PodVolumes } from "../../volumes/volumes.ts";
import { credentialsOf, type Credentials } from "./credentials.ts";
import { userOf } from "./spec.ts";
import { addressOf } from "./state.ts";

export interface Prepared {
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
}

/** Reads what a container refers to, each time anew. */
export class Preparation {
  readonly #docker: Docker;
  readonly #sources: Sources;
  readonly #volumes: PodVolumes;

  constructor(docker: Docker, sources: Sources, volumes: PodVolumes) {
    this.#docker = docker;
    this.#sources = sources;
    this.#volumes = volumes;
  }

  /** Rejects with RuntimeError CreateContainerConfigError for what is missing or not allowed. */
  async prepare(pod: Pod, container: Container, podIp: string): Promise<Prepared> {
    try {
      await this.#checkUser(pod, container);
      const environment = await this.#environment(pod, container, podIp);
      await this.#volumes.setUp({ pod, podIp, hostIp: this.#sources.hostIp });
      const mounts = await mountsOf(this.#volumes, pod, container, environment);
      return { environment, mounts };
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof VolumeError)) throw error;
      throw new RuntimeError("CreateContainerConfigError", error.message);
    }
  }

  /** From the pod's pull secrets; a missing one counts as nothing, as in Kubernetes. */
  async credentials({ metadata, spec }: Pod): Promise<Credentials[]> {
    const { namespace = "" } = metadata ?? {};
    const names = (spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
    const all = names.map((name) => this.#sources.secret(namespace, name));
    return (await Promise.all(all)).flatMap((secret) => (secret ? credentialsOf(secret) : []));
  }

  async #environment(pod: Pod, container: Container, podIp: string) {
    const { namespace = "" } = pod.metadata ?? {};
    const isEnabled = pod.spec?.enableServiceLinks ?? true;
    const named = referencesOf(container);
    const [configMaps, secrets, own, masters] = await Promise.all([
      byName<ConfigMap>(named.configMaps, (name) => this.#sources.configMap(namespace, name)),
      byName<Secret>(named.secrets, (name) => this.#sources.secret(namespace, name)),
      isEnabled ? this.#sources.services(namespace) : [],
      this.#sources.services("default"),
    ]);
    const { node, hostIp } = this.#sources;
    return environmentOf({
      pod,
      container,
      hostIp,
      podIp,
      node,
      references: { configMaps, secrets },
      services: serviceVariables(own, masters, { isEnabled }),
    });
  }

  /** As runAsNonRoot demands: the user must be a number other than 0. */
  async #checkUser(pod: Pod, container: Container): Promise<void> {
    const required =
      container.securityContext?.runAsNonRoot ?? pod.spec?.securityContext?.runAsNonRoot;
    if (!required) return;
    const where = `(pod: ${podText(pod)}, container: ${container.name ?? ""})`;
    const given = userOf(pod, container)?.split(":")[0];
    if (given === "0") {
      throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
    }
    if (given !== undefined) return;
    const image = await this.#docker.getImage(container.image ?? "").inspect();
    const [user = ""] = image.Config.User.split(":");
    if (user === "" || user === "0" || user === "root") {
      throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
    }
    if (/^\d+$/.test(user)) return;
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${user}), ` +
        `cannot verify user is non-root ${where}`,
    );
  }
}

const podText = ({ metadata }: Pod) =>
  `"${metadata?.name ?? ""}_${metadata?.namespace ?? ""}(${metadata?.uid ?? ""})"`;

async function byName<T>(
  names: readonly string[],
  read: (name: string) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T | undefined>> {
  const entries = names.map(async (name) => [name, await read(name)] as const);
  return new Map(await Promise.all(entries));
}

/** The address that a pod shows: its own, or the node's where it shares the node's network. */
export function podIpOf(pod: Pod, sandbox: ContainerInspectInfo, hostIp: string): string {
  return pod.spec?.hostNetwork ? hostIp : (addressOf(sandbox) ?? "");
}
