/** Keeps one component alive: starts it, restarts it with backoff, answers control messages. */
import type { Logger } from "pino";
import type { AnyActor } from "xstate";
import type { BusMessage, BusSubscription } from "#libs/bus/bus.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { Gate, scopedBus } from "#libs/bus/scope.ts";
import { Actors, CrashedError } from "./actors.ts";
import type { Component, Host } from "./component.ts";
import {
  type Control,
  controlResponse,
  isJson,
  readControl,
  stateRequest,
  stateResponse,
  writeAnswer,
} from "./control.ts";
import { afterFailure, type RestartRecord } from "./restarts.ts";
import { Transitions } from "./transitions.ts";
import type { World } from "./world.ts";

export interface SuperviseOptions {
  readonly bus: NatsBus;
  readonly world: World;
  readonly log: Logger;
  readonly instance: string;
}

export interface Supervised {
  readonly name: string;
  readonly instance: string;
  /** Resolves when the component serves for the first time; rejects when it is stopped before. */
  readonly ready: Promise<void>;
  readonly isReady: () => boolean;
  readonly restarts: () => number;
  /** Orderly end. Resolves when everything it held is released. */
  stop(): Promise<void>;
}

/** Milliseconds for an orderly end before the actor is stopped hard. */
const stopMsMax = 5_000;

/** One run of the component, from start to failure or stop. */
interface Life {
  readonly actors: Actors;
  readonly gate: Gate;
  readonly root: AnyActor;
  end(reason: Error): Promise<void>;
}

/** Starts a component and keeps it running until `stop`. */
export function supervise<Config>(
  component: Component<Config>,
  config: Config,
  options: SuperviseOptions,
): Supervised {
  const supervisor = new Supervisor(component, config, options);
  supervisor.start();
  return supervisor;
}

class Supervisor<Config> implements Supervised {
  readonly name: string;
  readonly instance: string;
  readonly ready: Promise<void>;
  readonly #component: Component<Config>;
  readonly #config: Config;
  readonly #bus: NatsBus;
  readonly #world: World;
  readonly #log: Logger;
  readonly #transitions: Transitions;
  readonly #readiness = Promise.withResolvers<void>();
  readonly #subscriptions: BusSubscription[] = [];
  #life: Life | undefined;
  #record: RestartRecord = { failures: 0, startedAt: 0 };
  #restarts = 0;
  #lastError = "";
  /** Milliseconds since 1970 at which the last life ended. */
  #endedAt = 0;
  #wanted = true;
  #cancelRestart: () => void = () => undefined;

  constructor(component: Component<Config>, config: Config, options: SuperviseOptions) {
    this.name = component.name;
    this.instance = options.instance;
    this.#component = component;
    this.#config = config;
    this.#bus = options.bus;
    this.#world = options.world;
    this.#log = options.log.child({ component: this.name, instance: this.instance });
    this.#transitions = new Transitions(this.#bus, this.#world, this.name, this.instance);
    this.ready = this.#readiness.promise;
    this.ready.catch(() => undefined);
  }

  isReady = () => this.#life?.root.getSnapshot().hasTag?.("ready") === true;
  restarts = () => this.#restarts;

  start(): void {
    const { subjects } = this.#bus;
    const control = subjects.actor(this.name, this.instance, "control");
    const state = subjects.actor(this.name, this.instance, "state");
    this.#subscriptions.push(
      this.#bus.subscribe(control, (message) => void this.#onControl(message)),
      this.#bus.subscribe(state, (message) => this.#onStateRequest(message)),
      this.#bus.subscribe(subjects.actorRollCall(), (message) => this.#onStateRequest(message)),
    );
    this.#begin();
  }

  async stop(): Promise<void> {
    this.#readiness.reject(new Error(`${this.name} was stopped`));
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    await this.#stopLife();
  }

  #begin(): void {
    this.#record = { ...this.#record, startedAt: this.#world.monotonic() };
    const ending = new AbortController();
    const gate = new Gate();
    const releases: (() => void | Promise<void>)[] = [];
    const actors = new Actors(this.#world, (transition) => this.#transitions.publish(transition));
    const host: Host = {
      component: this.name,
      instance: this.instance,
      bus: scopedBus(this.#bus, ending.signal, gate),
      shared: this.#bus,
      world: this.#world,
      log: this.#log,
      signal: ending.signal,
      onEnd: (release) => void releases.push(release),
      spawn: (options) => actors.start(options),
    };
    const release = async (reason: Error) => {
      ending.abort(reason);
      actors.stopAll();
      for (const each of releases.toReversed()) await this.#release(each);
    };
    let ended: Promise<void> | undefined;
    // Whoever asks again waits for the same end.
    const end = (reason: Error) => (ended ??= release(reason));
    try {
      const { machine, input } = this.#component.assemble(host, this.#config);
      const root = actors.start({
        path: "",
        machine,
        input,
        onFailure: (error) => void this.#onFailure(end, error),
        onDone: () => void end(new Error("the component ended")),
      });
      this.#life = { actors, gate, root, end };
      // Without an error handler of its own, xstate would end the process for the failure.
      root.subscribe({ next: () => this.#noteReady(), error: () => undefined });
      this.#noteReady();
    } catch (error) {
      void this.#onFailure(end, error);
    }
  }

  #noteReady(): void {
    if (this.isReady()) this.#readiness.resolve();
  }

  async #release(release: () => void | Promise<void>): Promise<void> {
    try {
      await release();
    } catch (error) {
      this.#log.warn({ err: error }, "releasing failed");
    }
  }

  async #onFailure(end: (reason: Error) => Promise<void>, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.#life = undefined;
    this.#lastError = reason.message;
    this.#endedAt = this.#world.now();
    if (reason instanceof CrashedError) this.#log.warn(reason.message);
    else this.#log.error({ err: reason }, "the component failed");
    await end(reason);
    if (!this.#wanted) return;
    const { failures, waitMs } = afterFailure(this.#record, this.#world.monotonic());
    this.#record = { ...this.#record, failures };
    this.#restarts += 1;
    this.#cancelRestart = this.#world.after(waitMs, () => this.#begin());
  }

  async #stopLife(): Promise<void> {
    this.#wanted = false;
    this.#cancelRestart();
    const life = this.#life;
    this.#life = undefined;
    this.#endedAt = this.#world.now();
    if (!life) return;
    await this.#untilDone(life.root);
    await life.end(new Error("the component was stopped"));
  }

  #untilDone(root: AnyActor): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#world.after(stopMsMax, resolve);
      const finish = () => {
        cancel();
        resolve();
      };
      root.subscribe({ complete: finish, error: finish });
      if (root.getSnapshot().status === "active") root.send({ type: "Stop" });
      else finish();
    });
  }

  async #onControl(message: BusMessage): Promise<void> {
    const control = readControl(message.data);
    const answer = (accepted: boolean, text: string) =>
      message.respond(writeAnswer(controlResponse, message.data, { accepted, message: text }));
    if (!control) {
      answer(false, "expected one of crash, stop, pause, resume, delay, drop");
      return;
    }
    this.#log.warn({ control }, "control message");
    const text = await this.#obey(control);
    answer(text === "", text);
  }

  /** Empty when done, else what stood in the way. */
  async #obey(control: Control): Promise<string> {
    switch (control.type) {
      case "Crash":
        return this.#life?.actors.crash(control.actor) ? "" : `no actor ${control.actor} here now`;
      case "Stop":
        await this.#stopLife();
        return "";
      case "Pause":
        this.#life?.gate.close();
        return "";
      case "Resume":
        this.#bus.faults.clear();
        this.#life?.gate.open();
        if (!this.#wanted) {
          this.#wanted = true;
          this.#begin();
        }
        return "";
      case "Delay":
        this.#bus.faults.add({
          subject: control.subject,
          delayMs: control.milliseconds,
          dropPercent: 0,
        });
        return "";
      case "Drop":
        this.#bus.faults.add({
          subject: control.subject,
          delayMs: 0,
          dropPercent: control.percent,
        });
        return "";
    }
  }

  #onStateRequest(message: BusMessage): void {
    const prefix = readPrefix(message.data);
    const facts = this.#life?.actors.list(prefix) ?? [];
    const actors = facts.map(({ path, ...rest }) => ({
      ...rest,
      actor: path,
      ...(path === "" ? this.#history(rest.error) : {}),
    }));
    if (!this.#life) actors.push(this.#absent());
    const { name: component, instance } = this;
    const answer = { component, instance, pid: process.pid, actors };
    message.respond(writeAnswer(stateResponse, message.data, answer));
  }

  /** What is wrong now comes before what ended the life before. */
  #history(problem: string) {
    return { restarts: this.#restarts, error: problem || this.#lastError };
  }

  #absent() {
    const state = this.#wanted ? "restarting" : "stopped";
    const since = this.#endedAt;
    const restarts = this.#restarts;
    return { actor: "", machine: this.name, state, restarts, since, error: this.#lastError };
  }
}

/** A shell may ask with an empty or JSON payload. */
function readPrefix(payload: Uint8Array): string {
  try {
    if (isJson(payload))
      return String(JSON.parse(Buffer.from(payload).toString()).actorPrefix ?? "");
    return stateRequest.decode(payload).actorPrefix;
  } catch {
    return "";
  }
}
