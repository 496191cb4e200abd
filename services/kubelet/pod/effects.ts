/** What a pod's machine does: looks at runtime and object, runs actions, tells in events. */
import type { Host } from "#libs/actor/component.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { Client } from "#libs/client/client.ts";
import type { Recorder } from "#libs/client/recorder.ts";
import type { Container, Pod, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import { type Runtime, RuntimeError, type RuntimePod, type StartStep } from "../runtime.ts";
import type { Action } from "./decide.ts";
import {
  type Happening,
  ofBackOff,
  ofChangedSandbox,
  ofFailedProbe,
  ofFailedSandbox,
  ofFailedStart,
  ofStep,
  ofStop,
} from "./happenings.ts";
import { Prober } from "./prober.ts";
import { isSameStatus, statusOf } from "./status.ts";
import type { PodView, StartFailure } from "./view.ts";

export interface WorkerOptions {
  readonly host: Host;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly runtime: Runtime;
  readonly hostIp: string;
  /** Something changed: the machine should look. */
  readonly onChange: () => void;
}

const sandbox = "";
/** While actions take longer than this, what they have come to is told. */
const progressMs = 500;
const versionOf = ({ metadata }: Pod) => Number(metadata?.resourceVersion ?? 0);

/** Everything that is remembered of one pod while its machine lives. */
export class PodWorker {
  readonly #options: WorkerOptions;
  readonly #prober: Prober;
  readonly #failures = new Map<string, StartFailure>();
  readonly #stopping = new Map<string, number>();
  readonly #backedOff = new Map<string, number>();
  /** Aborted when no container of the pod need be started any more. */
  readonly #ending = new AbortController();
  #pod: Pod;
  #isTornDown = false;

  constructor(pod: Pod, options: WorkerOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#prober = new Prober({
      world: options.host.world,
      runtime: options.runtime,
      onChange: options.onChange,
      onFailure: (container, kind, { output }) =>
        this.#record(ofFailedProbe(kind, output), container),
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The object as it was announced; an older one than what was written since is ignored. */
  update(pod: Pod): void {
    if (versionOf(pod) < versionOf(this.#pod)) return;
    this.#pod = pod;
    if (pod.metadata?.deletionTimestamp) this.#ending.abort(new Error("the pod is deleted"));
    this.#options.onChange();
  }

  /** The object is gone without asking: whatever runs must end now. */
  objectGone(): void {
    const { host, onChange } = this.#options;
    const deletionTimestamp = new Date(host.world.now()).toISOString();
    const metadata = { ...this.#pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 };
    this.#pod = { ...this.#pod, metadata };
    this.#ending.abort(new Error("the pod is gone"));
    onChange();
  }

  stop(): void {
    this.#ending.abort(new Error("the kubelet ends"));
    this.#prober.stop();
  }

  /** Brings files up to date that show objects of the API. */
  async refresh(): Promise<void> {
    const { phase } = this.#pod.status ?? {};
    const isOver = this.#isTornDown || phase === "Succeeded" || phase === "Failed";
    if (this.#ending.signal.aborted || isOver) return;
    await this.#options.runtime.refresh?.(this.#pod);
  }

  async observe(uid: string): Promise<PodView> {
    const { runtime, hostIp, host } = this.#options;
    const found = await runtime.get(uid);
    this.#forgetStopped(found);
    const view = this.#viewOf(found, hostIp, host.world.now());
    this.#prober.follow(view);
    return { ...view, probes: this.#prober.states() };
  }

  #viewOf(found: RuntimePod | undefined, hostIp: string, now: number): PodView {
    return {
      pod: this.#pod,
      runtime: found,
      failures: this.#failures,
      probes: this.#prober.states(),
      stopping: this.#stopping,
      backedOff: this.#backedOff,
      isTornDown: this.#isTornDown,
      hostIp,
      now,
    };
  }

  #forgetStopped(found: RuntimePod | undefined): void {
    for (const name of [...this.#stopping.keys()]) {
      const isRunning = found?.containers.some(
        (container) => container.name === name && container.state === "running",
      );
      if (!isRunning) this.#stopping.delete(name);
    }
  }

  async act(actions: readonly Action[]): Promise<void> {
    const { host } = this.#options;
    let telling = Promise.resolve();
    const cancel = host.world.every(progressMs, () => {
      telling = telling.then(() => this.#tellProgress());
    });
    try {
      for (const action of actions) await this.#do(action);
    } finally {
      cancel();
      await telling;
    }
  }

  /** A pull can take minutes: meanwhile the status must not be that of a pod nobody cares for. */
  async #tellProgress(): Promise<void> {
    const { runtime, hostIp, host } = this.#options;
    try {
      const found = await runtime.get(this.#pod.metadata?.uid ?? "");
      const status = statusOf(this.#viewOf(found, hostIp, host.world.now()));
      if (!isSameStatus(status, this.#pod.status)) await this.#writeStatus(status);
    } catch (error) {
      // What is told at the end counts.
      host.log.debug({ err: error }, "progress was not told");
    }
  }

  async #do(action: Action): Promise<void> {
    const { runtime } = this.#options;
    const { uid = "" } = this.#pod.metadata ?? {};
    switch (action.type) {
      case "CreateSandbox":
        if (action.isAgain) this.#record(ofChangedSandbox, undefined);
        return this.#try(sandbox, 0, "", () => runtime.createSandbox(this.#pod));
      case "StartContainer":
        return this.#start(action.container, action.attempt);
      case "StopContainer":
        return this.#beginStop(action);
      case "TellBackOff":
        return this.#tellBackOff(action.name, action.attempt);
      case "RemoveSandbox":
        this.#prober.stop();
        await runtime.removeSandbox(uid, { keepLogs: action.keepLogs });
        this.#isTornDown = true;
        return undefined;
      case "WriteStatus":
        return this.#writeStatus(action.status);
      case "DeletePod":
        return this.#deletePod();
    }
  }

  async #start(container: Container, attempt: number): Promise<void> {
    const { name = "", image = "" } = container;
    const { signal } = this.#ending;
    if (signal.aborted) return;
    const tell = (step: StartStep) => this.#record(ofStep(step, image), container);
    await this.#try(name, attempt, image, () =>
      this.#options.runtime.startContainer(this.#pod, container, attempt, { tell, signal }),
    );
  }

  /** A refusal by the runtime is remembered and shown; it is no failure of the machine. */
  async #try(
    name: string,
    attempt: number,
    image: string,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
      this.#failures.delete(name);
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      if (!(error instanceof RuntimeError)) throw error;
      const { reason, message } = error;
      const count = (this.#failures.get(name)?.count ?? 0) + 1;
      const at = this.#options.host.world.now();
      this.#failures.set(name, { reason, message, at, count, attempt });
      if (name === sandbox) return this.#record(ofFailedSandbox(reason, message), undefined);
      for (const each of ofFailedStart(reason, message, image)) this.#record(each, { name });
    }
  }

  /** Ending takes as long as the grace period: the machine goes on, and looks when it is over. */
  #beginStop({ name, graceSeconds, why }: Extract<Action, { type: "StopContainer" }>): void {
    const { runtime, host, onChange } = this.#options;
    if (!this.#stopping.has(name)) this.#record(ofStop(name, why), { name });
    this.#stopping.set(name, graceSeconds);
    const tell = (step: StartStep) => this.#record(ofStep(step, ""), { name });
    const stopped = runtime.stopContainer(this.#pod, name, graceSeconds, tell);
    stopped.then(onChange, (error: unknown) => {
      host.log.warn({ err: error, container: name }, "stopping failed");
      this.#stopping.delete(name);
      host.world.after(stopRetryMs, onChange);
    });
  }

  #tellBackOff(name: string, attempt: number): void {
    this.#backedOff.set(name, attempt);
    const { name: pod = "", namespace = "", uid = "" } = this.#pod.metadata ?? {};
    this.#record(ofBackOff(name, `${pod}_${namespace}(${uid})`), { name });
  }

  async #writeStatus(status: PodStatus): Promise<void> {
    const { client } = this.#options;
    try {
      const { object } = await client.update(pods, { ...this.#pod, status }, "status");
      // An object that went meanwhile must not come back to life here.
      if (versionOf(object) > versionOf(this.#pod)) this.#pod = object;
    } catch (error) {
      if (hasReason(error, "NotFound")) return;
      if (!hasReason(error, "Conflict")) throw error;
      await this.#refresh();
    }
  }

  /** Somebody else wrote the object: the next look must be at what it says now. */
  async #refresh(): Promise<void> {
    const { client } = this.#options;
    const { namespace = "", name = "", uid } = this.#pod.metadata ?? {};
    try {
      const object = await client.get(pods, { namespace, name });
      if (object.metadata?.uid === uid) this.update(object);
    } catch (error) {
      if (!hasReason(error, "NotFound")) throw error;
    }
  }

  async #deletePod(): Promise<void> {
    const { namespace = "", name = "", uid = "" } = this.#pod.metadata ?? {};
    const choices = { gracePeriodSeconds: 0, uid };
    try {
      await this.#options.client.delete(pods, { namespace, name }, choices);
    } catch (error) {
      // Gone already, or another pod has the name now.
      if (!hasReason(error, "NotFound") && !hasReason(error, "Conflict")) throw error;
    }
  }

  #record(happening: Happening, container: { readonly name?: string } | undefined): void {
    const { recorder } = this.#options;
    const kinds = ["initContainers", "ephemeralContainers"] as const;
    const isIn = (kind: (typeof kinds)[number]) =>
      this.#pod.spec?.[kind]?.some(({ name }) => name === container?.name);
    const kind = kinds.find(isIn) ?? "containers";
    const fieldPath = container ? `spec.${kind}{${container.name ?? ""}}` : undefined;
    recorder.record({ object: this.#pod, ...happening, ...(fieldPath ? { fieldPath } : {}) });
  }
}

/** Milliseconds until a stop that failed is tried again. */
const stopRetryMs = 1_000;
