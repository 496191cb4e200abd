/** Folders that a node's pods mount: made, filled, kept current, and removed with the pod. */
import { chmod, chown, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "#libs/actor/world.ts";
import type {
  ConfigMap,
  HostPathVolumeSource,
  Pod,
  ProjectedVolumeSource,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from "#proto/gen/k8s/core/v1.ts";
import type { PodFacts } from "../environment/fields.ts";
import type { Sources, Token } from "../sources.ts";
import {
  configMapFiles,
  defaultFileMode,
  downwardFiles,
  secretFiles,
  type VolumeFile,
  VolumeError,
} from "./files.ts";
import { writeVolume } from "./folder.ts";

/** A token is asked for anew when this share of its life is over. */
const tokenLifeShare = 0.8;
const tokenSecondsDefault = 3_600;
const secondMs = 1_000;
/** Published in every namespace by a controller; a cluster may run without that one. */
const rootCertificates = "kube-root-ca.crt";

interface KeptToken extends Token {
  readonly renewAt: number;
}

/** The volumes of one node. */
export class PodVolumes {
  readonly #folder: string;
  readonly #sources: Sources;
  readonly #world: World;
  readonly #tokens = new Map<string, KeptToken>();

  /** `folder`: the node's; pods have theirs below it. */
  constructor(folder: string, sources: Sources, world: World) {
    this.#folder = join(folder, "pods");
    this.#sources = sources;
    this.#world = world;
  }

  /** Folder of one volume on this machine. */
  pathOf(uid: string, volume: string): string {
    return join(this.#folder, uid, "volumes", volume);
  }

  /**
   * Makes every volume of the pod, and brings those up to date that show objects. Throws
   * VolumeError as Kubernetes words it in its events.
   */
  async setUp({ pod, hostIp, podIp }: PodFacts): Promise<void> {
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        await this.#make(volume, { pod, hostIp, podIp });
      } catch (error) {
        if (!(error instanceof VolumeError)) throw error;
        const { name = "" } = volume;
        throw new VolumeError(`MountVolume.SetUp failed for volume "${name}" : ${error.message}`);
      }
    }
  }

  async tearDown(uid: string): Promise<void> {
    await rm(join(this.#folder, uid), { recursive: true, force: true });
    for (const key of this.#tokens.keys()) if (key.startsWith(`${uid}/`)) this.#tokens.delete(key);
  }

  /** Uids of pods that have a folder here. */
  async known(): Promise<readonly string[]> {
    return readdir(this.#folder).catch(() => []);
  }

  /** An empty file for a container's last words. */
  async messageFile(uid: string, container: string, attempt: number): Promise<string> {
    const folder = join(this.#folder, uid, "containers", container);
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const file = join(folder, String(attempt));
    await writeFile(file, "", { flag: "a", mode: 0o666 });
    await chmod(file, 0o666);
    return file;
  }

  async #make(volume: Volume, facts: PodFacts): Promise<void> {
    const { uid = "" } = facts.pod.metadata ?? {};
    const path = this.pathOf(uid, volume.name ?? "");
    const { fsGroup: group } = facts.pod.spec?.securityContext ?? {};
    if (volume.hostPath) return checkHostPath(volume.hostPath);
    // What is in memory is made by the runtime.
    if (volume.emptyDir?.medium === "Memory") return undefined;
    if (volume.emptyDir) return makeEmpty(path, group);
    const files = await this.#filesOf(volume, facts);
    if (!files) throw new VolumeError("this kind of volume is not supported on this node");
    const version = `${this.#world.now()}_${this.#world.uuid().slice(0, 8)}`;
    return writeVolume(path, files, version, { group });
  }

  async #filesOf(volume: Volume, facts: PodFacts): Promise<VolumeFile[] | undefined> {
    const { configMap, secret, downwardAPI, projected } = volume;
    const { namespace = "" } = facts.pod.metadata ?? {};
    if (configMap) {
      const { name = "", items, optional, defaultMode = defaultFileMode } = configMap;
      const object = await this.#sources.configMap(namespace, name);
      return configMapFiles(object, { name, items, optional, defaultMode });
    }
    if (secret) {
      const { secretName: name = "", items, optional, defaultMode = defaultFileMode } = secret;
      const object = await this.#sources.secret(namespace, name);
      return secretFiles(object, { name, items, optional, defaultMode });
    }
    if (downwardAPI) {
      const { items = [], defaultMode = defaultFileMode } = downwardAPI;
      return downwardFiles(items, { ...facts, node: this.#sources.node, defaultMode });
    }
    return projected && this.#projectedFiles(projected, facts);
  }

  async #projectedFiles(
    { sources = [], defaultMode = defaultFileMode }: ProjectedVolumeSource,
    facts: PodFacts,
  ): Promise<VolumeFile[]> {
    const parts = sources.map((source) => this.#projection(source, defaultMode, facts));
    return (await Promise.all(parts)).flat();
  }

  async #projection(
    { configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection,
    defaultMode: number,
    facts: PodFacts,
  ): Promise<VolumeFile[]> {
    const { namespace = "" } = facts.pod.metadata ?? {};
    if (configMap) {
      const { name = "", items } = configMap;
      const optional = configMap.optional ?? name === rootCertificates;
      const object: ConfigMap | undefined = await this.#sources.configMap(namespace, name);
      return configMapFiles(object, { name, items, optional, defaultMode });
    }
    if (secret) {
      const { name = "", items, optional } = secret;
      const object: Secret | undefined = await this.#sources.secret(namespace, name);
      return secretFiles(object, { name, items, optional, defaultMode });
    }
    if (downwardAPI) {
      return downwardFiles(downwardAPI.items ?? [], {
        ...facts,
        node: this.#sources.node,
        defaultMode,
      });
    }
    if (!serviceAccountToken) throw new VolumeError("this kind of projection is not supported");
    const { token } = await this.#token(serviceAccountToken, facts.pod);
    const path = serviceAccountToken.path ?? "token";
    return [{ path, mode: defaultMode, data: Buffer.from(token) }];
  }

  async #token(projection: ServiceAccountTokenProjection, pod: Pod): Promise<KeptToken> {
    const { audience = "", expirationSeconds = tokenSecondsDefault } = projection;
    const { namespace = "", name = "", uid = "" } = pod.metadata ?? {};
    const key = [uid, audience, expirationSeconds].join("/");
    const now = this.#world.now();
    const kept = this.#tokens.get(key);
    if (kept && now < kept.renewAt) return kept;
    const account = pod.spec?.serviceAccountName ?? "default";
    const made = await this.#sources.token(namespace, account, {
      ...(audience === "" ? {} : { audiences: [audience] }),
      expirationSeconds,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
    });
    if (!made) throw new VolumeError(`serviceaccounts "${account}" not found`);
    const renewAt = now + (made.expiresAt - now) * tokenLifeShare;
    const token = { ...made, renewAt: Math.min(renewAt, now + expirationSeconds * secondMs) };
    this.#tokens.set(key, token);
    return token;
  }
}

async function makeEmpty(path: string, group: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  if (group !== undefined) await chown(path, -1, group);
  await chmod(path, group === undefined ? 0o777 : 0o2777);
}

async function checkHostPath({ path = "", type = "" }: HostPathVolumeSource): Promise<void> {
  // Without a type nothing is checked, but a mount needs something to be there.
  const isMissing = (await stat(path).catch(() => undefined)) === undefined;
  if (type === "DirectoryOrCreate" || (type === "" && isMissing)) {
    await mkdir(path, { recursive: true, mode: 0o755 });
  }
  if (type === "FileOrCreate") await writeFile(path, "", { flag: "a", mode: 0o644 });
  if (type !== "Directory" && type !== "File") return;
  const found = await stat(path).catch(() => undefined);
  const isRight = type === "File" ? found?.isFile() : found?.isDirectory();
  if (isRight) return;
  const shown = type.toLowerCase();
  throw new VolumeError(`hostPath type check failed: ${path} is not a ${shown}`);
}
