/** What a container mounts, as paths on this machine. */
import { mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { Container, Pod, Volume, VolumeMount } from "#proto/gen/k8s/core/v1.ts";
import { expand } from "../environment/expand.ts";
import { VolumeError } from "./files.ts";
import type { PodVolumes } from "./volumes.ts";

export interface Mount {
  readonly volume: string;
  /** Path on this machine; undefined for what is kept in memory. */
  readonly source: string | undefined;
  readonly target: string;
  readonly isReadOnly: boolean;
  readonly propagation: "rprivate" | "rslave" | "rshared";
}

const propagations = {
  HostToContainer: "rslave",
  Bidirectional: "rshared",
} as const;

/** Volumes must have been set up. Throws VolumeError for a subPath that leads out of its volume. */
export async function mountsOf(
  volumes: PodVolumes,
  pod: Pod,
  container: Container,
  environment: Readonly<Record<string, string>>,
): Promise<Mount[]> {
  const all = (container.volumeMounts ?? []).map(async (mount): Promise<Mount> => {
    const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
    if (!volume) throw new VolumeError(`no volume ${mount.name ?? ""}`);
    const propagation = propagations[mount.mountPropagation as keyof typeof propagations];
    return {
      volume: volume.name ?? "",
      source: await sourceOf(volumes, pod, volume, subPathOf(mount, environment)),
      target: mount.mountPath ?? "",
      isReadOnly: mount.readOnly === true || showsObjects(volume),
      propagation: propagation ?? "rprivate",
    };
  });
  return Promise.all(all);
}

/** What shows objects of the API can only be read. */
const showsObjects = ({ configMap, secret, downwardAPI, projected }: Volume) =>
  (configMap ?? secret ?? downwardAPI ?? projected) !== undefined;

function subPathOf(
  { subPath = "", subPathExpr = "" }: VolumeMount,
  environment: Readonly<Record<string, string>>,
): string {
  return subPathExpr === "" ? subPath : expand(subPathExpr, environment);
}

async function sourceOf(
  volumes: PodVolumes,
  pod: Pod,
  { name = "", hostPath, emptyDir }: Volume,
  subPath: string,
): Promise<string | undefined> {
  if (emptyDir?.medium === "Memory") {
    if (subPath === "") return undefined;
    throw new VolumeError(`subPath "${subPath}" in memory is not supported on this node`);
  }
  const root = hostPath?.path ?? volumes.pathOf(pod.metadata?.uid ?? "", name);
  if (subPath === "") return root;
  const path = join(root, subPath);
  // A link that a container made must not lead to what is the machine's: neither a mount nor a new
  // folder may end up there.
  const refuse = () => new VolumeError(`subPath "${subPath}" of volume "${name}" leads out of it`);
  if (!(await isInside(root, await deepestExisting(path)))) throw refuse();
  if (!(await exists(path))) await mkdir(path, { recursive: true, mode: 0o750 });
  if (!(await isInside(root, path))) throw refuse();
  return realpath(path);
}

async function isInside(root: string, path: string): Promise<boolean> {
  const [realRoot, real] = await Promise.all([realpath(root), realpath(path)]);
  return real === realRoot || real.startsWith(realRoot + sep);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function deepestExisting(path: string): Promise<string> {
  return (await exists(path)) ? path : deepestExisting(dirname(path));
}
