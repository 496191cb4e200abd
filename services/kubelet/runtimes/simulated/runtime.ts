/**
 * A runtime without containers: what they do is scripted (script.ts). Thousands of pods cost
 * little. It outlives a crash of its kubelet, as a real one would.
 */
import type { World } from "#libs/actor/world.ts";
import type { Container, Pod } from "#proto/gen/k8s/core/v1.ts";
import {
  type LogOptions,
  type Runtime,
  type RuntimeContainer,
  RuntimeError,
  type RuntimePod,
  type StartContext,
} from "../../runtime.ts";
import type { Sources } from "../../sources.ts";
import type { ContainerUsage } from "../../usage/documents.ts";
import { AddressPool } from "./addresses.ts";
import { SimulatedLog } from "./log.ts";
import { newSharedFiles, type SharedFiles } from "./inside.ts";
import { checkVariables, checkVolumes, hasObjectVolumes, hasReferences } from "./references.ts";
import { scriptOf } from "./script.ts";
import { type Inhabited, SimulatedStreams } from "./streams.ts";
import { usageOf } from "./usage.ts";

/** Dead containers of one name that are kept, for their logs and last state. */
const deadPerContainerMax = 2;

interface SimulatedContainer extends RuntimeContainer {
  /** What it was started from. */
  readonly made: Container;
  readonly ended: AbortController;
  inhabited?: Inhabited;
  state: "running" | "exited";
  finishedAt?: number;
  exitCode?: number;
  reason?: string;
  readonly log: SimulatedLog;
  cancelExit: () => void;
}

interface SimulatedPod extends RuntimePod {
  readonly pod: Pod;
  readonly shared: SharedFiles;
  ip: string | undefined;
  isRunning: boolean;
  readonly containers: SimulatedContainer[];
}

/** The pods of one node. Everything happens at once, but for exits that are scripted for later. */
export class SimulatedRuntime implements Runtime {
  readonly version = "simulated://1.0.0";
  readonly #world: World;
  readonly #addresses: AddressPool;
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #listeners = new Set<(uid: string) => void>();
  readonly streams: SimulatedStreams;
  #sources: Sources | undefined;

  /** `podCidr`: addresses for pods, e.g. `10.244.1.0/24`. Nothing answers on them. */
  constructor(world: World, podCidr: string) {
    this.#world = world;
    this.#addresses = new AddressPool(podCidr);
    this.streams = new SimulatedStreams({
      world,
      sources: () => this.#sources,
      find: (id) => this.#inhabited(id),
      findPod: (uid) => this.#pods.get(uid)?.pod,
    });
  }

  /** Has pods wait for the config maps and secrets that they name; before, nothing is read. */
  heed(sources: Sources): void {
    this.#sources = sources;
  }

  list(): Promise<readonly RuntimePod[]> {
    return Promise.resolve([...this.#pods.values()].map(copyOf));
  }

  get(uid: string): Promise<RuntimePod | undefined> {
    const pod = this.#pods.get(uid);
    return Promise.resolve(pod && copyOf(pod));
  }

  watch(listener: (uid: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  createSandbox(pod: Pod): Promise<void> {
    if (!this.#sources || !hasObjectVolumes(pod)) return this.#createSandbox(pod);
    return checkVolumes(this.#sources, pod).then(() => this.#createSandbox(pod));
  }

  #createSandbox(pod: Pod): Promise<void> {
    const { metadata, spec } = pod;
    const { uid = "", namespace = "", name = "" } = metadata ?? {};
    const known = this.#pods.get(uid);
    if (known?.isRunning) return Promise.resolve();
    const ip = spec?.hostNetwork ? undefined : this.#addresses.take();
    const sandboxId = `simulated://${this.#world.uuid()}`;
    const { containers, shared } = known ?? { containers: [], shared: newSharedFiles() };
    const facts = { uid, namespace, name, sandboxId, ip, isRunning: true };
    this.#pods.set(uid, { ...facts, containers, pod, shared });
    return Promise.resolve();
  }

  startContainer(
    pod: Pod,
    container: Container,
    attempt: number,
    context: StartContext,
  ): Promise<void> {
    const start = () => this.#startContainer(pod, container, attempt, context);
    if (!this.#sources || !hasReferences(container)) return start();
    const ip = this.#pods.get(pod.metadata?.uid ?? "")?.ip ?? this.#sources.hostIp;
    return checkVariables(this.#sources, pod, container, ip).then(start);
  }

  #startContainer(
    pod: Pod,
    container: Container,
    attempt: number,
    { tell }: StartContext,
  ): Promise<void> {
    const { uid = "" } = pod.metadata ?? {};
    const { name = "", image = "" } = container;
    const owner = this.#pods.get(uid);
    if (!owner?.isRunning)
      throw new RuntimeError("RunContainerError", "the sandbox is not running");
    if (owner.containers.some((each) => each.name === name && each.state === "running")) {
      return Promise.resolve();
    }
    const script = scriptOf(pod, container, attempt);
    if (script.failure) {
      throw new RuntimeError(script.failure.reason, script.failure.message);
    }
    tell({ type: "ImagePresent" });
    tell({ type: "Created" });
    const startedAt = this.#world.now();
    const log = new SimulatedLog();
    for (const line of script.output) log.write(line, startedAt);
    const started: SimulatedContainer = {
      id: `simulated://${this.#world.uuid().replaceAll("-", "")}`,
      name,
      attempt,
      image,
      imageId: `simulated://${image}`,
      state: "running",
      startedAt,
      log,
      made: container,
      ended: new AbortController(),
      cancelExit: () => undefined,
    };
    owner.containers.push(started);
    forgetOldest(owner.containers, name);
    if (script.exitAfterMs !== undefined) {
      const exit = () => this.#exit(uid, started, script.exitCode);
      started.cancelExit = this.#world.after(script.exitAfterMs, exit);
    }
    tell({ type: "Started" });
    return Promise.resolve();
  }

  stopContainer({ metadata }: Pod, name: string): Promise<void> {
    const { uid = "" } = metadata ?? {};
    const running = this.#pods
      .get(uid)
      ?.containers.find((container) => container.name === name && container.state === "running");
    // A simulated container obeys at once; 143 is what a process ended by SIGTERM leaves.
    if (running) this.#exit(uid, running, 143);
    return Promise.resolve();
  }

  removeSandbox(uid: string, { keepLogs }: { readonly keepLogs: boolean }): Promise<void> {
    const pod = this.#pods.get(uid);
    if (!pod) return Promise.resolve();
    for (const container of pod.containers) {
      if (container.state === "running") this.#exit(uid, container, 137);
    }
    if (pod.ip) this.#addresses.give(pod.ip);
    pod.ip = undefined;
    pod.isRunning = false;
    if (!keepLogs) this.#pods.delete(uid);
    return Promise.resolve();
  }

  async *logs(
    containerId: string,
    options: LogOptions,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    for (const pod of this.#pods.values()) {
      const container = pod.containers.find(({ id }) => id === containerId);
      if (container) yield* container.log.read(options, signal);
    }
  }

  usage(uid: string): Promise<readonly ContainerUsage[]> {
    const owner = this.#pods.get(uid);
    const now = this.#world.now();
    const running = owner?.containers.filter(({ state }) => state === "running") ?? [];
    return Promise.resolve(
      running.map(({ made, startedAt }) => usageOf(owner?.pod ?? {}, made, startedAt, now)),
    );
  }

  /** What the streams of a running container work with: the same object for as long as it runs. */
  #inhabited(containerId: string): Inhabited | undefined {
    for (const owner of this.#pods.values()) {
      const container = owner.containers.find(({ id }) => id === containerId);
      if (container?.state !== "running") continue;
      const { log, made, ended } = container;
      container.inhabited ??= {
        id: containerId,
        pod: owner.pod,
        container: made,
        podIp: owner.ip ?? this.#sources?.hostIp ?? "",
        shared: owner.shared,
        log,
        ended: ended.signal,
        exit: (exitCode) => this.#exit(owner.uid, container, exitCode),
      };
      return container.inhabited;
    }
    return undefined;
  }

  /** Ends a running container as an experiment would: `kill`, out of memory, … */
  kill(uid: string, name: string, exitCode: number, reason?: string): boolean {
    const running = this.#pods
      .get(uid)
      ?.containers.find((container) => container.name === name && container.state === "running");
    if (!running) return false;
    this.#exit(uid, running, exitCode, reason);
    return true;
  }

  #exit(uid: string, container: SimulatedContainer, exitCode: number, reason?: string): void {
    if (container.state === "exited") return;
    container.cancelExit();
    container.state = "exited";
    container.exitCode = exitCode;
    container.finishedAt = this.#world.now();
    container.reason = reason ?? (exitCode === 0 ? "Completed" : "Error");
    container.log.close();
    container.ended.abort();
    for (const listener of [...this.#listeners]) listener(uid);
  }
}

/** What is handed out does not change under the reader's hands. */
function copyOf({ pod: _pod, shared: _shared, containers, ...facts }: SimulatedPod): RuntimePod {
  return { ...facts, containers: containers.map(factsOf) };
}

function factsOf(container: SimulatedContainer): RuntimeContainer {
  const { log: _log, cancelExit: _cancel, made: _made, ended: _ended, ...rest } = container;
  const { inhabited: _inhabited, ...facts } = rest;
  return facts;
}

function forgetOldest(containers: SimulatedContainer[], name: string): void {
  const own = containers.filter((container) => container.name === name);
  for (const old of own.slice(0, -deadPerContainerMax - 1)) {
    containers.splice(containers.indexOf(old), 1);
  }
}

/** Runtimes by node, so that a kubelet that starts again finds its containers. */
const runtimes = new Map<string, SimulatedRuntime>();

/** The simulated runtime of a node in this process; `key` tells clusters and nodes apart. */
export function simulatedRuntime(key: string, world: World, podCidr: string): SimulatedRuntime {
  let runtime = runtimes.get(key);
  if (!runtime) runtimes.set(key, (runtime = new SimulatedRuntime(world, podCidr)));
  return runtime;
}
