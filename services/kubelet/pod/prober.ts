/** Asks the probes of one pod's containers at their times, and keeps what they came to. */
import type { World } from "#libs/actor/world.ts";
import type { Container, Probe } from "#proto/gen/k8s/core/v1.ts";
import type { ProbeResult, ProbeTarget, Runtime } from "../runtime.ts";
import {
  initialRecord,
  isAsked,
  type ProbeKind,
  type ProbeRecord,
  probesOf,
  withResult,
} from "./probes.ts";
import { latestOf, podIpOf, type PodView, type ProbeState } from "./view.ts";

export interface ProberOptions {
  readonly world: World;
  readonly runtime: Runtime;
  /** A state changed. */
  readonly onChange: () => void;
  readonly onFailure: (container: Container, kind: ProbeKind, result: ProbeResult) => void;
}

interface Watched {
  readonly containerId: string;
  record: ProbeRecord;
  readonly cancels: (() => void)[];
}

const periodSecondsDefault = 10;

/** Follows the containers of one pod; every probe has a timer of its own. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** States by container name, of those that have probes and run. */
  states(): ReadonlyMap<string, ProbeState> {
    return new Map([...this.#watched].map(([name, { record }]) => [name, record.state]));
  }

  /** Starts probing what runs now, and stops for what does not. */
  follow(view: PodView): void {
    if (!this.#options.runtime.probe) return;
    const { containers = [], initContainers = [] } = view.pod.spec ?? {};
    for (const container of [...initContainers, ...containers]) {
      const { name = "" } = container;
      const latest = latestOf(view, name);
      const isProbed = latest?.state === "running" && probesOf(container).length > 0;
      const known = this.#watched.get(name);
      if (known && (!isProbed || known.containerId !== latest.id)) this.#drop(name);
      if (!isProbed || !latest || this.#watched.has(name)) continue;
      this.#add({ container, id: latest.id, podIp: podIpOf(view) ?? "" });
    }
  }

  stop(): void {
    for (const name of [...this.#watched.keys()]) this.#drop(name);
  }

  #drop(name: string): void {
    for (const cancel of this.#watched.get(name)?.cancels ?? []) cancel();
    this.#watched.delete(name);
  }

  #add(target: ProbeTarget): void {
    const { container, id } = target;
    const { name = "" } = container;
    const record = initialRecord(container);
    const watched: Watched = { containerId: id, record, cancels: [] };
    this.#watched.set(name, watched);
    for (const [kind, probe] of probesOf(container)) {
      let isAsking = false;
      // One that takes longer than its period is not asked twice at a time.
      const ask = () => {
        if (isAsking) return;
        isAsking = true;
        void this.#ask(target, kind, probe).finally(() => (isAsking = false));
      };
      const period = (probe.periodSeconds ?? periodSecondsDefault) * 1_000;
      const begin = () => {
        ask();
        watched.cancels.push(this.#options.world.every(period, ask));
      };
      const delay = (probe.initialDelaySeconds ?? 0) * 1_000;
      watched.cancels.push(this.#options.world.after(delay, begin));
    }
  }

  async #ask(target: ProbeTarget, kind: ProbeKind, probe: Probe): Promise<void> {
    const { container, id } = target;
    const { name = "" } = container;
    const watched = this.#watched.get(name);
    if (!watched || watched.containerId !== id || !isAsked(kind, watched.record)) return;
    const result = await this.#result(target, probe);
    const present = this.#watched.get(name);
    if (!present || present.containerId !== id) return;
    if (!result.ok) this.#options.onFailure(container, kind, result);
    const before = present.record.state;
    present.record = withResult(present.record, container, kind, result.ok);
    if (JSON.stringify(before) !== JSON.stringify(present.record.state)) this.#options.onChange();
  }

  async #result(target: ProbeTarget, probe: Probe): Promise<ProbeResult> {
    try {
      const result = await this.#options.runtime.probe?.(target, probe);
      return result ?? { ok: true, output: "" };
    } catch (error) {
      return { ok: false, output: error instanceof Error ? error.message : String(error) };
    }
  }
}
