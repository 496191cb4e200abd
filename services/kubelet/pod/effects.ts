/** What a pod's machine does: looks at runtime and object, runs actions, tells in events. */
import type { Host } from "#libs/actor/component.ts";
import { pods } from "#libs/api/core/v1/pods.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { Client } from "#libs/client/client.ts";
import type { Recorder } from "#libs/client/recorder.ts";
import type { Container, Pod, PodStatus } from "#proto/gen/k8s/core/v1.ts";
import { type Runtime, RuntimeError, type RuntimePod } from "../runtime.ts";
import type { Action } from "./decide.ts";
import { Prober } from "./prober.ts";
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
const versionOf = ({ metadata }: Pod) => Number(metadata?.resourceVersion ?? 0);

/** Everything that is remembered of one pod while its machine lives. */
export class PodWorker {
  readonly #options: WorkerOptions;
  readonly #prober: Prober;
  readonly #failures = new Map<string, StartFailure>();
  readonly #stopping = new Map<string, number>();
  #pod: Pod;
  #isTornDown = false;

  constructor(pod: Pod, options: WorkerOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#prober = new Prober({
      world: options.host.world,
      runtime: options.runtime,
      onChange: options.onChange,
      onFailure: (container, kind, { output }) => {
        const message = `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${output}`;
        this.#record("Warning", "Unhealthy", message, container);
      },
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The object as it was announced; an older one than what was written since is ignored. */
  update(pod: Pod): void {
    if (versionOf(pod) < versionOf(this.#pod)) return;
    this.#pod = pod;
    this.#options.onChange();
  }

  /** The object is gone without asking: whatever runs must end now. */
  objectGone(): void {
    const { host, onChange } = this.#options;
    const deletionTimestamp = new Date(host.world.now()).toISOString();
    const metadata = { ...this.#pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 };
    this.#pod = { ...this.#pod, metadata };
    onChange();
  }

  stop(): void {
    this.#prober.stop();
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
    for (const action of actions) await this.#do(action);
  }

  async #do(action: Action): Promise<void> {
    const { runtime } = this.#options;
    const uid = this.#pod.metadata?.uid ?? "";
    switch (action.type) {
      case "CreateSandbox":
        return this.#try(sandbox, () => runtime.createSandbox(this.#pod));
      case "StartContainer":
        return this.#start(action.container, action.attempt);
      case "StopContainer":
        return this.#beginStop(uid, action.name, action.graceSeconds);
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
    const { runtime } = this.#options;
    await this.#try(name, async () => {
      await runtime.startContainer(this.#pod, container, attempt);
      const present = `Container image "${image}" already present on machine`;
      this.#record("Normal", "Pulled", present, container);
      this.#record("Normal", "Created", "Container created", container);
      this.#record("Normal", "Started", "Container started", container);
    });
  }

  /** A refusal by the runtime is remembered and shown; it is no failure of the machine. */
  async #try(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failures.delete(name);
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error;
      const { reason, message } = error;
      const count = (this.#failures.get(name)?.count ?? 0) + 1;
      const at = this.#options.host.world.now();
      this.#failures.set(name, { reason, message, at, count });
      const shown = name === sandbox ? "FailedCreatePodSandBox" : "Failed";
      this.#record("Warning", shown, `Error: ${message}`, name === sandbox ? undefined : { name });
    }
  }

  /** Ending takes as long as the grace period: the machine goes on, and looks when it is over. */
  #beginStop(uid: string, name: string, graceSeconds: number): void {
    const { runtime, host, onChange } = this.#options;
    if (!this.#stopping.has(name)) {
      this.#record("Normal", "Killing", `Stopping container ${name}`, { name });
    }
    this.#stopping.set(name, graceSeconds);
    runtime.stopContainer(uid, name, graceSeconds).then(onChange, (error: unknown) => {
      host.log.warn({ err: error, container: name }, "stopping failed");
      this.#stopping.delete(name);
      host.world.after(stopRetryMs, onChange);
    });
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

  #record(
    type: "Normal" | "Warning",
    reason: string,
    message: string,
    container: { readonly name?: string } | undefined,
  ): void {
    const { recorder } = this.#options;
    const kind = this.#pod.spec?.initContainers?.some(({ name }) => name === container?.name)
      ? "initContainers"
      : "containers";
    const fieldPath = container ? `spec.${kind}{${container.name ?? ""}}` : undefined;
    const object = this.#pod;
    recorder.record({ object, type, reason, message, ...(fieldPath ? { fieldPath } : {}) });
  }
}

/** Milliseconds until a stop that failed is tried again. */
const stopRetryMs = 1_000;
