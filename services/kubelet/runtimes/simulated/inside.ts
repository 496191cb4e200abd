/** What a simulated container has inside: files and variables, made when somebody first looks. */
import type { World } from "#libs/actor/world.ts";
import type { ConfigMap, Container, Pod, Secret, Volume } from "#proto/gen/k8s/core/v1.ts";
import { environmentOf, referencesOf } from "../../environment/environment.ts";
import { serviceVariables } from "../../environment/services.ts";
import type { Sources } from "../../sources.ts";
import {
  configMapFiles,
  defaultFileMode,
  downwardFiles,
  secretFiles,
  type VolumeFile,
} from "../../volumes/files.ts";
import { FileTree, type Folder, newFolder, type Usage } from "./files/tree.ts";

export interface Inside {
  readonly files: FileTree;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** What the containers of a pod have in common: their volumes, and the bound of their files. */
export interface SharedFiles {
  readonly usage: Usage;
  readonly volumes: Map<string, Folder>;
}

export const newSharedFiles = (): SharedFiles => ({
  usage: { bytes: 0, entries: 0 },
  volumes: new Map(),
});

export interface InsideInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIp: string;
  readonly shared: SharedFiles;
  readonly sources: Sources | undefined;
  readonly world: World;
}

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Objects that are missing by now count as empty: the container runs already. */
export async function makeInside(input: InsideInput): Promise<Inside> {
  const { pod, container, podIp, shared, world } = input;
  const hostname = hostnameOf(pod);
  const files = new FileTree(() => world.now(), shared.usage);
  for (const folder of ["/bin", "/etc", "/root", "/tmp", "/var/log", "/proc", "/dev"]) {
    files.makeFolders(folder);
  }
  files.write("/etc/hostname", `${hostname}\n`);
  files.write("/etc/hosts", `127.0.0.1\tlocalhost\n${podIp}\t${hostname}\n`);
  files.write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  for (const { name = "", mountPath = "", subPath = "" } of container.volumeMounts ?? []) {
    const folder = await volumeFolder(input, name);
    const entry = subPath === "" ? folder : folder.entries.get(subPath);
    files.mount(mountPath, entry && entry.type !== "link" ? entry : newFolder(world.now()));
  }
  const { workingDir = "" } = container;
  const cwd = workingDir === "" ? "/" : workingDir;
  files.makeFolders(cwd);
  const own = await variables(input);
  return {
    files,
    cwd,
    env: { PATH: path, HOSTNAME: hostname, ...own, HOME: own["HOME"] ?? "/root" },
  };
}

export const hostnameOf = ({ metadata, spec }: Pod): string =>
  spec?.hostname ?? metadata?.name ?? "";

/** The same folder for all containers that mount the volume. */
async function volumeFolder(input: InsideInput, name: string): Promise<Folder> {
  const { pod, shared, world } = input;
  const known = shared.volumes.get(name);
  if (known) return known;
  const tree = new FileTree(() => world.now(), shared.usage);
  const volume = pod.spec?.volumes?.find((each) => each.name === name);
  for (const { path: file, data, mode } of volume ? await filesOf(input, volume) : []) {
    tree.makeFolders(`/volume/${file}/..`);
    tree.write(`/volume/${file}`, Buffer.from(data).toString("latin1"), mode);
  }
  const folder = tree.makeFolders("/volume");
  // Another container may have come first meanwhile.
  const made = shared.volumes.get(name) ?? folder;
  shared.volumes.set(name, made);
  return made;
}

async function filesOf(input: InsideInput, volume: Volume): Promise<readonly VolumeFile[]> {
  const { pod, podIp, sources } = input;
  const { configMap, secret, downwardAPI, projected } = volume;
  const { namespace = "" } = pod.metadata ?? {};
  if (!sources) return [];
  const { hostIp, node } = sources;
  if (configMap) {
    const { name = "", items, defaultMode = defaultFileMode } = configMap;
    const choice = { name, items, optional: true, defaultMode };
    return configMapFiles(await found(sources.configMap(namespace, name)), choice);
  }
  if (secret) {
    const { secretName: name = "", items, defaultMode = defaultFileMode } = secret;
    const choice = { name, items, optional: true, defaultMode };
    return secretFiles(await found(sources.secret(namespace, name)), choice);
  }
  if (downwardAPI) {
    const { items = [], defaultMode = defaultFileMode } = downwardAPI;
    return downwardFiles(items, { pod, podIp, hostIp, node, defaultMode });
  }
  const parts = (projected?.sources ?? []).map((source) =>
    // Tokens of service accounts are not made for containers that cannot use them.
    filesOf(input, {
      name: volume.name ?? "",
      ...(source.configMap ? { configMap: source.configMap } : {}),
      ...(source.secret
        ? { secret: { ...source.secret, secretName: source.secret.name ?? "" } }
        : {}),
      ...(source.downwardAPI ? { downwardAPI: source.downwardAPI } : {}),
    }),
  );
  return (await Promise.all(parts)).flat();
}

async function variables(input: InsideInput): Promise<Record<string, string>> {
  const { pod, container, podIp, sources } = input;
  if (!sources) return {};
  const { namespace = "" } = pod.metadata ?? {};
  const named = referencesOf(container);
  const configMaps = new Map<string, ConfigMap | undefined>();
  const secrets = new Map<string, Secret | undefined>();
  for (const name of named.configMaps) {
    configMaps.set(name, await found(sources.configMap(namespace, name)));
  }
  for (const name of named.secrets) secrets.set(name, await found(sources.secret(namespace, name)));
  const { node, hostIp } = sources;
  const isEnabled = pod.spec?.enableServiceLinks ?? true;
  const [own = [], masters = []] = [
    await found(sources.services(namespace)),
    await found(sources.services("default")),
  ];
  const services = serviceVariables(own, masters, { isEnabled });
  const references = { configMaps, secrets };
  try {
    return environmentOf({ pod, container, hostIp, podIp, node, references, services });
  } catch {
    return services;
  }
}

const found = <T>(wanted: Promise<T>): Promise<T | undefined> => wanted.catch(() => undefined);
