/** Whether a Docker Engine answers on this machine. */
import { request } from "node:http";
import { labels } from "../../services/kubelet/runtimes/docker/labels.ts";
import type { Runtime } from "./options.ts";

const pingMs = 1_000;

/** Asks the engine that DOCKER_HOST names, else the one behind the usual socket. */
function dockerAnswers(env: NodeJS.ProcessEnv): Promise<boolean> {
  const address = new URL(env["DOCKER_HOST"] || "unix:///var/run/docker.sock");
  const target =
    address.protocol === "unix:"
      ? { socketPath: address.pathname }
      : { host: address.hostname, port: address.port || 2375 };
  return new Promise((resolve) => {
    const asked = request({ ...target, path: "/_ping", timeout: pingMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/** `auto` is Docker where it answers, else simulated. Rejects when docker is asked for in vain. */
export async function chooseRuntime(
  asked: Runtime | "auto",
  env: NodeJS.ProcessEnv,
): Promise<Runtime> {
  if (asked === "simulated") return asked;
  if (await dockerAnswers(env)) return "docker";
  if (asked === "auto") return "simulated";
  throw new Error("--runtime docker: no Docker Engine answers (DOCKER_HOST, /var/run/docker.sock)");
}

/**
 * Removes what a cluster that was killed left in the engine: the containers and volumes of its
 * nodes, known by the cluster's folder. Resolves with the number of containers.
 */
export async function removeLeftovers(data: string): Promise<number> {
  const { default: Docker } = await import("dockerode");
  const docker = new Docker();
  const isOurs = ({ Labels }: { readonly Labels: Readonly<Record<string, string>> | null }) =>
    Labels?.[labels.folder]?.startsWith(`${data}/`) === true;
  const filters = { label: [labels.folder] };
  const containers = (await docker.listContainers({ all: true, filters })).filter(isOurs);
  for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true, v: true });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  for (const { Name } of volumes.filter(isOurs)) await docker.getVolume(Name).remove();
  return containers.length;
}
