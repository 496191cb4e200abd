/** Caches, pods and runtime of one kubelet. */
import { type AnyActor, fromCallback, fromPromise } from "xstate";
import type { Assembled, Host } from "#libs/actor/component.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import type { BusSubscription } from "#libs/bus/bus.ts";
import { apiClient, type Client } from "#libs/client/client.ts";
import { eventRecorder, type Recorder } from "#libs/client/recorder.ts";
import type { Notice } from "#libs/informer/cache.ts";
import { Informer } from "#libs/informer/informer.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { KubeletConfig } from "./config.ts";
import { kubeletMachine } from "./machine.ts";
import { NodeKeeper } from "./node/effects.ts";
import { amountsOf, type NodeFacts } from "./node/decide.ts";
import { nodeFacts } from "./node/facts.ts";
import type { Action } from "./pod/decide.ts";
import { PodWorker } from "./pod/effects.ts";
import { podMachine } from "./pod/machine.ts";
import type { PodView } from "./pod/view.ts";
import type { Runtime } from "./runtime.ts";
import { openRuntime } from "./runtimes/index.ts";
import { apiSources } from "./sources.ts";
import { kubeletHttp } from "./streams/http.ts";
import { serveStreams } from "./streams/serve.ts";
import { podUsages } from "./usage/collect.ts";

/** The root machine of one node's kubelet. */
export function kubeletWith(host: Host, config: KubeletConfig): Assembled {
  const kubelet = new Kubelet(host, config);
  const machine = kubeletMachine.provide({
    actors: {
      connect: fromPromise<void>(() => kubelet.connect()),
      register: fromPromise<void>(() => kubelet.register()),
      sync: fromPromise<void>(() => kubelet.sync()),
      runPods: fromCallback(() => {
        kubelet.startPods();
        return () => kubelet.stopPods();
      }),
    },
    actions: {
      leaveNothing: () => kubelet.leaveNothing(),
      reportFailure: (_, { error }) =>
        host.log.warn({ err: error }, "the kubelet cannot start yet"),
    },
  });
  return { machine, input: undefined };
}

interface Running {
  readonly worker: PodWorker;
  readonly actor: AnyActor;
}

/** As the kubelet looks at its volumes: about every minute. */
const tidyMs = 60_000;

class Kubelet {
  readonly #host: Host;
  readonly #config: KubeletConfig;
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #informer: Informer<Pod>;
  readonly #running = new Map<string, Running>();
  readonly #facts: NodeFacts;
  readonly #http: ReturnType<typeof kubeletHttp>;
  #runtime: Runtime | undefined;
  #keeper: NodeKeeper | undefined;
  #isTidying = false;
  #leavesNothing = false;
  #subscriptions: (BusSubscription | { unsubscribe(): void })[] = [];

  constructor(host: Host, config: KubeletConfig) {
    this.#host = host;
    this.#config = config;
    const { instance: node } = host;
    this.#facts = nodeFacts(node, config, host.world.uuid());
    const identity = {
      user: `system:node:${node}`,
      groups: ["system:nodes"],
      manager: "kubelet",
    };
    this.#client = apiClient(host.bus, identity);
    this.#recorder = eventRecorder(host, this.#client, "kubelet", node);
    this.#informer = new Informer<Pod>({
      bus: host.bus,
      client: this.#client,
      world: host.world,
      resource: pods,
      partition: node,
      fieldSelector: `spec.nodeName=${node}`,
    });
    const startedAt = host.world.now();
    const podsHere = () => [...this.#running.values()].map(({ worker }) => worker.pod);
    this.#http = kubeletHttp({
      pods: podsHere,
      checkRuntime: () => this.#engine.get(""),
      usage: async () => ({
        node,
        startedAt,
        now: host.world.now(),
        memoryBytes: this.#facts.memoryBytes,
        pods: await podUsages(podsHere(), this.#engine),
      }),
    });
    host.onEnd(async () => {
      this.#http.close();
      this.stopPods();
      this.#informer.stop();
      if (this.#leavesNothing) await this.#removeAll();
    });
  }

  async connect(): Promise<void> {
    const { instance, world, bus } = this.#host;
    const { hostIp } = this.#facts;
    const node = amountsOf(this.#facts);
    this.#runtime ??= await openRuntime(this.#config, {
      world,
      node: instance,
      cluster: bus.subjects.prefix,
      sources: apiSources({ client: this.#client, node, hostIp }),
    });
  }

  async register(): Promise<void> {
    const facts = { ...this.#facts, runtimeVersion: this.#engine.version };
    // A pod that nobody has: all that counts is whether an answer comes.
    const checkRuntime = () => this.#engine.get("");
    this.#keeper ??= new NodeKeeper(this.#host, this.#client, facts, checkRuntime);
    await this.#keeper.register();
  }

  async sync(): Promise<void> {
    this.#informer.start();
    await this.#informer.untilCurrent();
  }

  /** Gives every pod its actor, and clears away what the runtime has of pods that are no more. */
  startPods(): void {
    const runtime = this.#engine;
    this.#keeper?.keepAlive();
    serveStreams(this.#host, {
      runtime,
      podOf: (uid) => this.#running.get(uid)?.worker.pod,
      serveHttp: this.#http.serve,
      now: () => this.#host.world.now(),
    });
    this.#subscriptions = [
      { unsubscribe: runtime.watch((uid) => this.#poke(uid)) },
      this.#informer.listen((notice) => this.#onPod(notice)),
    ];
    void this.#tidy(runtime);
    const cancel = this.#host.world.every(tidyMs, () => void this.#tidy(runtime));
    this.#subscriptions.push({ unsubscribe: cancel });
  }

  /** Files follow their objects, and what nobody wants any more goes; one pod after the other. */
  async #tidy(runtime: Runtime): Promise<void> {
    if (this.#isTidying) return;
    this.#isTidying = true;
    await this.#removeOrphans(runtime);
    for (const { worker } of [...this.#running.values()]) {
      try {
        await worker.refresh();
      } catch (error) {
        this.#host.log.debug({ err: error }, "a pod's files were not refreshed");
      }
    }
    this.#isTidying = false;
  }

  stopPods(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
    for (const { worker, actor } of this.#running.values()) {
      worker.stop();
      actor.stop();
    }
    this.#running.clear();
  }

  /** An orderly end was asked for: what the configuration wants gone then is removed at the end. */
  leaveNothing(): void {
    this.#leavesNothing = this.#config.podsOnStop === "remove";
  }

  async #removeAll(): Promise<void> {
    const runtime = this.#runtime;
    if (!runtime) return;
    // The objects stay: the next kubelet starts these pods again, where they left off.
    const options = { keepLogs: false, keepVolumes: true };
    // What was just being started when the end came is found by the second look.
    for (let looks = 0; looks < 2; looks += 1) {
      const pods = await runtime.list();
      await Promise.all(pods.map(({ uid }) => runtime.removeSandbox(uid, options)));
    }
  }

  get #engine(): Runtime {
    if (!this.#runtime) throw new Error("the runtime is not connected");
    return this.#runtime;
  }

  #poke(uid: string): void {
    const actor = this.#running.get(uid)?.actor;
    if (actor?.getSnapshot().status === "active") actor.send({ type: "Changed" });
  }

  #onPod(notice: Notice<Pod>): void {
    const { object: pod } = notice;
    const uid = pod.metadata?.uid ?? "";
    const known = this.#running.get(uid);
    if (notice.type === "updated" && notice.old.metadata?.uid !== uid) {
      // Another pod took the name between two looks.
      this.#running.get(notice.old.metadata?.uid ?? "")?.worker.objectGone();
    }
    if (notice.type === "deleted") known?.worker.objectGone();
    else if (known) known.worker.update(pod);
    else this.#begin(pod);
  }

  #begin(pod: Pod): void {
    const { uid = "" } = pod.metadata ?? {};
    const worker = new PodWorker(pod, {
      host: this.#host,
      client: this.#client,
      recorder: this.#recorder,
      runtime: this.#engine,
      hostIp: this.#facts.hostIp,
      onChange: () => this.#poke(uid),
    });
    this.#startActor(uid, worker);
  }

  #startActor(uid: string, worker: PodWorker): void {
    const { log, signal } = this.#host;
    const machine = podMachine.provide({
      actors: {
        observe: fromPromise<PodView, string>(({ input }) => worker.observe(input)),
        act: fromPromise<void, readonly Action[]>(({ input }) => worker.act(input)),
      },
      actions: {
        reportFailure: (_, { error }) => {
          if (!signal.aborted) log.warn({ err: error, pod: uid }, "a step failed");
        },
      },
    });
    const actor = this.#host.spawn({
      path: `pod/${uid}`,
      machine,
      input: { uid },
      onDone: () => {
        worker.stop();
        this.#running.delete(uid);
      },
      onFailure: (error) => {
        log.warn({ err: error, pod: uid }, "a pod's actor ended; it is started again");
        if (!signal.aborted) this.#startActor(uid, worker);
      },
    });
    this.#running.set(uid, { worker, actor });
  }

  /** Pods that were deleted while no kubelet was there, or while one that crashed started them. */
  async #removeOrphans(runtime: Runtime): Promise<void> {
    try {
      for (const { uid } of await runtime.list()) {
        if (!this.#running.has(uid)) await runtime.removeSandbox(uid, { keepLogs: false });
      }
    } catch (error) {
      this.#host.log.warn({ err: error }, "orphans were not removed");
    }
  }
}
