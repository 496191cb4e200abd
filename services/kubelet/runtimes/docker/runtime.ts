/**
 * Pods as containers of a Docker Engine: one that waits holds the pod's network, the others join
 * it. Nothing is remembered here that matters: labels and folders say whose everything is.
 */
import Docker, { type ContainerInspectInfo } from "dockerode";
import type { World } from "#libs/actor/world.ts";
import type { Container, Pod, Probe } from "#proto/gen/k8s/core/v1.ts";
import {
  type LogOptions,
  type ProbeResult,
  type ProbeTarget,
  type RemoveOptions,
  type Runtime,
  RuntimeError,
  type RuntimePod,
  type StartContext,
} from "../../runtime.ts";
import type { Sources } from "../../sources.ts";
import type { ContainerUsage } from "../../usage/documents.ts";
import { VolumeError } from "../../volumes/files.ts";
import { PodVolumes } from "../../volumes/volumes.ts";
import { Asking, containerNamed } from "./asking.ts";
import { ContainerEvents } from "./events.ts";
import { Findings, runningSandbox } from "./findings.ts";
import { Images } from "./images.ts";
import { labels, type Scope } from "./labels.ts";
import { readLogs } from "./logs.ts";
import { podIpOf, Preparation } from "./preparation.ts";
import {
  conflictCode,
  daemonText,
  ifThere,
  notFoundCode,
  notModifiedCode,
  refusalCode,
} from "./refusal.ts";
import { containerOptions, sandboxOptions } from "./spec.ts";
import { isRunning, isSandbox, isUnstarted, labelOf, podOf, scheme } from "./state.ts";
import { DockerStreams } from "./streams.ts";
import { DockerUsage } from "./usage.ts";

export interface DockerSurroundings extends Scope {
  readonly world: World;
  readonly sources: Sources;
}

/** Dead containers of one name that are kept, for their logs and last state. */
const deadPerContainerMax = 2;
/** A hook of a container that starts may take this long. */
const postStartMsMax = 120_000;
const secondMs = 1_000;
/** What is left for the container after a hook that used up all the time. As the kubelet's. */
const graceSecondsMin = 2;
const graceSecondsDefault = 30;

/** Connects to the engine that DOCKER_HOST names; rejects when it does not answer. */
export async function openDockerRuntime(surroundings: DockerSurroundings): Promise<Runtime> {
  const docker = new Docker();
  const { Version: version } = await docker.version();
  return new DockerRuntime(docker, version, surroundings);
}

class DockerRuntime implements Runtime {
  readonly version: string;
  readonly #docker: Docker;
  readonly #scope: Scope;
  readonly #world: World;
  readonly #sources: Sources;
  readonly #volumes: PodVolumes;
  readonly #findings: Findings;
  readonly #images: Images;
  readonly #events: ContainerEvents;
  readonly #asking: Asking;
  readonly #preparation: Preparation;
  readonly streams: DockerStreams;
  readonly #usage: DockerUsage;

  constructor(docker: Docker, version: string, surroundings: DockerSurroundings) {
    const { cluster, node, folder, world, sources } = surroundings;
    const scope = { cluster, node, folder };
    this.version = `${scheme}${version}`;
    this.#docker = docker;
    this.#scope = scope;
    this.#world = world;
    this.#sources = sources;
    this.#volumes = new PodVolumes(folder, sources, world);
    this.#findings = new Findings(docker, scope);
    this.#images = new Images(docker, world);
    const known = () => this.#findings.uids();
    this.#events = new ContainerEvents({ docker, scope, world, known });
    this.#asking = new Asking(docker, world);
    this.#preparation = new Preparation(docker, sources, this.#volumes);
    this.streams = new DockerStreams(docker);
    this.#usage = new DockerUsage(docker, world);
  }

  async list(): Promise<readonly RuntimePod[]> {
    const uids = await this.#findings.uids();
    const pods = await Promise.all(uids.map((uid) => this.get(uid)));
    // A folder whose containers are gone is all that is left of its pod.
    const left = (await this.#volumes.known()).filter((uid) => !uids.includes(uid));
    const rest = left.map((uid) => ({ ...nothingOf, uid }));
    return [...pods.filter((pod) => pod !== undefined), ...rest];
  }

  async get(uid: string): Promise<RuntimePod | undefined> {
    const found = await this.#findings.ofPod(uid);
    return podOf(uid, found, await this.#findings.messages(found));
  }

  watch(listener: (uid: string) => void): () => void {
    return this.#events.listen(listener);
  }

  async createSandbox(pod: Pod): Promise<void> {
    const { uid = "" } = pod.metadata ?? {};
    const found = await this.#findings.ofPod(uid);
    if (runningSandbox(found)) return;
    await this.#setUpVolumes(pod);
    await this.#images.ensurePause();
    // Containers of a sandbox that ended have lost their network.
    const useless = found.filter((info) => isSandbox(info) || isUnstarted(info));
    await Promise.all(found.filter(isRunning).map(({ Id }) => this.#kill(Id)));
    await Promise.all(useless.map(({ Id }) => this.#remove(Id)));
    const sandbox = await this.#docker.createContainer(sandboxOptions(this.#scope, pod));
    try {
      await sandbox.start();
    } catch (error) {
      await this.#remove(sandbox.id);
      if (refusalCode(error) === undefined) throw error;
      throw new RuntimeError("FailedCreatePodSandBox", daemonText(error));
    }
  }

  async #setUpVolumes(pod: Pod): Promise<void> {
    try {
      await this.#volumes.setUp({ pod, hostIp: this.#sources.hostIp, podIp: "" });
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      throw new RuntimeError("FailedMount", error.message);
    }
  }

  async startContainer(
    pod: Pod,
    container: Container,
    attempt: number,
    context: StartContext,
  ): Promise<void> {
    const { name = "" } = container;
    const found = await this.#findings.ofPod(pod.metadata?.uid ?? "");
    const own = found.filter((info) => labelOf(info, labels.container) === name);
    if (own.some(isRunning)) return;
    const sandbox = runningSandbox(found);
    if (!sandbox) throw new Error("the pod's sandbox ended");
    const started = own.filter((info) => !isUnstarted(info));
    if (started.some((info) => labelOf(info, labels.attempt) === String(attempt))) return;
    // One that was made but never started may be made of what has changed since.
    const useless = [...own.filter(isUnstarted), ...oldest(started)];
    await Promise.all(useless.map(({ Id }) => this.#remove(Id)));
    const credentials = await this.#preparation.credentials(pod);
    await this.#images.ensure(container, credentials, context);
    context.signal.throwIfAborted();
    const podIp = podIpOf(pod, sandbox, this.#sources.hostIp);
    const id = await this.#create(pod, container, attempt, { id: sandbox.Id, podIp });
    context.tell({ type: "Created" });
    await this.#start(id, name);
    context.tell({ type: "Started" });
    await this.#afterStart(pod, { container, id, podIp }, context);
  }

  async #create(
    pod: Pod,
    container: Container,
    attempt: number,
    sandbox: { readonly id: string; readonly podIp: string },
  ): Promise<string> {
    const { uid = "" } = pod.metadata ?? {};
    const { environment, mounts } = await this.#preparation.prepare(pod, container, sandbox.podIp);
    const messageFile = await this.#volumes.messageFile(uid, container.name ?? "", attempt);
    const options = containerOptions({
      scope: this.#scope,
      pod,
      container,
      attempt,
      sandboxId: sandbox.id,
      environment,
      mounts,
      messageFile,
    });
    try {
      return (await this.#docker.createContainer(options)).id;
    } catch (error) {
      const code = refusalCode(error);
      if (code === undefined || code === conflictCode) throw error;
      throw new RuntimeError("CreateContainerError", daemonText(error));
    }
  }

  async #start(id: string, name: string): Promise<void> {
    try {
      await this.#docker.getContainer(id).start();
    } catch (error) {
      if (refusalCode(error) === undefined) throw error;
      const message = `failed to start container "${name}": ${daemonText(error)}`;
      throw new RuntimeError("RunContainerError", message);
    }
  }

  async #afterStart(pod: Pod, asked: ProbeTarget, { tell }: StartContext): Promise<void> {
    const { postStart } = asked.container.lifecycle ?? {};
    if (!postStart) return;
    const { ok, output } = await this.#asking.hook(asked, postStart, postStartMsMax);
    if (ok) return;
    tell({ type: "HookFailed", hook: "PostStart", message: output });
    const graceSeconds = pod.spec?.terminationGracePeriodSeconds ?? graceSecondsDefault;
    await this.#stop(asked.id, graceSeconds);
  }

  async stopContainer(
    pod: Pod,
    name: string,
    graceSeconds: number,
    tell: StartContext["tell"],
  ): Promise<void> {
    const found = await this.#findings.ofPod(pod.metadata?.uid ?? "");
    const running = found.find(
      (info) => labelOf(info, labels.container) === name && isRunning(info),
    );
    if (!running) return;
    const used = await this.#beforeStop(pod, name, running, { graceSeconds, tell, found });
    const left = used > 0 ? Math.max(graceSeconds - used, graceSecondsMin) : graceSeconds;
    await this.#stop(running.Id, left);
  }

  /** Runs the hook; resolves with the whole seconds that it took of the grace period. */
  async #beforeStop(
    pod: Pod,
    name: string,
    running: ContainerInspectInfo,
    options: {
      readonly graceSeconds: number;
      readonly tell: StartContext["tell"];
      readonly found: readonly ContainerInspectInfo[];
    },
  ): Promise<number> {
    const { graceSeconds, tell, found } = options;
    const container = containerNamed(pod, name);
    const { preStop } = container?.lifecycle ?? {};
    const sandbox = runningSandbox(found);
    if (!container || !preStop || !sandbox || graceSeconds === 0) return 0;
    const podIp = podIpOf(pod, sandbox, this.#sources.hostIp);
    const before = this.#world.monotonic();
    const asked = { container, id: running.Id, podIp };
    const result = await this.#asking.hook(asked, preStop, graceSeconds * secondMs);
    if (!result.ok) tell({ type: "HookFailed", hook: "PreStop", message: result.output });
    return Math.ceil((this.#world.monotonic() - before) / secondMs);
  }

  async removeSandbox(uid: string, options: RemoveOptions): Promise<void> {
    const { keepLogs, keepVolumes = keepLogs } = options;
    const found = await this.#findings.ofPod(uid);
    await Promise.all(found.filter(isRunning).map(({ Id }) => this.#kill(Id)));
    const [sandboxes, containers] = [
      found.filter(isSandbox),
      found.filter((info) => !isSandbox(info)),
    ];
    const useless = keepLogs ? containers.filter(isUnstarted) : containers;
    // What joins a network goes before what holds it.
    await Promise.all(useless.map(({ Id }) => this.#remove(Id)));
    await Promise.all(sandboxes.map(({ Id }) => this.#remove(Id)));
    if (keepLogs) return;
    await this.#removeMemory(uid);
    if (!keepVolumes) await this.#volumes.tearDown(uid);
  }

  async #removeMemory(uid: string): Promise<void> {
    const filters = { label: [`${labels.uid}=${uid}`] };
    const { Volumes: found } = await this.#docker.listVolumes({ filters });
    for (const { Name } of found) await ifThere(this.#docker.getVolume(Name).remove());
  }

  async *logs(
    containerId: string,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const container = this.#docker.getContainer(containerId.slice(scheme.length));
    const info = await ifThere(container.inspect());
    if (info) yield* readLogs(container, options, info.Config.Tty, signal);
  }

  probe(target: ProbeTarget, probe: Probe): Promise<ProbeResult> {
    return this.#asking.probe({ ...target, id: target.id.slice(scheme.length) }, probe);
  }

  async usage(uid: string): Promise<readonly ContainerUsage[]> {
    const containers = (await this.get(uid))?.containers ?? [];
    const running = containers.filter(({ state }) => state === "running");
    const all = await Promise.all(running.map((each) => this.#usage.of(each)));
    return all.filter((each) => each !== undefined);
  }

  async refresh(pod: Pod): Promise<void> {
    const podIp = pod.status?.podIP ?? "";
    await this.#volumes.setUp({ pod, hostIp: this.#sources.hostIp, podIp });
  }

  async #stop(id: string, graceSeconds: number): Promise<void> {
    await unlessEnded(this.#docker.getContainer(id).stop({ t: graceSeconds }));
  }

  async #kill(id: string): Promise<void> {
    await unlessEnded(this.#docker.getContainer(id).kill());
  }

  async #remove(id: string): Promise<void> {
    await unlessEnded(this.#docker.getContainer(id).remove({ force: true, v: true }));
  }
}

/** Dead containers that make room for the next one. */
function oldest(dead: readonly ContainerInspectInfo[]): ContainerInspectInfo[] {
  const attempt = (info: ContainerInspectInfo) => Number(labelOf(info, labels.attempt));
  const byAge = dead.toSorted((a, b) => attempt(a) - attempt(b));
  return byAge.slice(0, Math.max(0, byAge.length - deadPerContainerMax));
}

const nothingOf = {
  namespace: "",
  name: "",
  sandboxId: "",
  ip: undefined,
  isRunning: false,
  containers: [],
};

/** That a container is gone, ended or being removed is what was wanted. */
async function unlessEnded(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const code = refusalCode(error) ?? 0;
    if (![notFoundCode, notModifiedCode, conflictCode].includes(code)) throw error;
  }
}
