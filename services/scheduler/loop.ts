/**
 * The scheduling loop: takes pods from the queue, decides, and leaves the binding to run beside the
 * next decision. Plain functions, since it runs for every pod.
 */
import type { World } from "#libs/actor/world.ts";
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import { schedule, type Verdict } from "./decide.ts";
import type { Profile } from "./profile.ts";
import { keyOf, SchedulingQueue, type Waiting } from "./queue.ts";
import { factsOf, type Snapshot } from "./snapshot.ts";

/** What the loop cannot do itself. */
export interface Outcome {
  /** Resolves when the pod is bound (also when it was already); rejects when it is not. */
  bind(pod: Pod, node: string): Promise<void>;
  refuse(pod: Pod, verdict: Verdict & { readonly type: "Refuse" }): void;
  fail(pod: Pod, error: unknown): void;
}

/** Binds on their way at the same time. */
const bindsInFlightMax = 128;
/** Decisions between two looks at what else the process has to do. */
const decisionsPerTurnMax = 50;

export class SchedulingLoop {
  readonly queue = new SchedulingQueue();
  readonly #world: World;
  readonly #snapshot: Snapshot;
  readonly #profile: Profile;
  readonly #outcome: Outcome;
  readonly #binding = new Set<Promise<void>>();
  #running = false;
  #start = 0;
  #cancelTurn: (() => void) | undefined;

  constructor(world: World, snapshot: Snapshot, profile: Profile, outcome: Outcome) {
    this.#world = world;
    this.#snapshot = snapshot;
    this.#profile = profile;
    this.#outcome = outcome;
  }

  start(): void {
    this.#running = true;
    this.kick();
  }

  stop(): void {
    this.#running = false;
    this.#cancelTurn?.();
    this.#cancelTurn = undefined;
  }

  /** Resolves when no bind is on its way. */
  async drain(): Promise<void> {
    await Promise.all(this.#binding);
  }

  /** There may be something to do now. */
  kick(): void {
    if (!this.#running) return;
    this.#cancelTurn?.();
    this.#cancelTurn = this.#world.after(0, () => this.#turn());
  }

  #turn(): void {
    this.#cancelTurn = undefined;
    for (let decisions = 0; decisions < decisionsPerTurnMax; decisions += 1) {
      // A bind that ends kicks the loop.
      if (this.#binding.size >= bindsInFlightMax) return;
      const waiting = this.queue.take(this.#world.monotonic());
      if (!waiting) {
        this.#sleep();
        return;
      }
      this.#place(waiting);
    }
    this.kick();
  }

  #sleep(): void {
    const wait = this.queue.untilReady(this.#world.monotonic());
    if (wait === undefined) return;
    this.#cancelTurn = this.#world.after(Math.ceil(wait) + 1, () => this.#turn());
  }

  #place(waiting: Waiting): void {
    const { pod } = waiting;
    const facts = factsOf(pod);
    const chance = { start: this.#start, draw: this.#world.random() };
    const { looked, ...verdict } = schedule(facts, this.#snapshot, this.#profile, chance);
    this.#start = (this.#start + looked) % Math.max(1, this.#snapshot.nodes().length);
    if (verdict.type === "Refuse") {
      this.queue.park(waiting, this.#world.monotonic());
      this.#outcome.refuse(pod, verdict);
      return;
    }
    this.#snapshot.place(facts, verdict.node);
    this.#bind(waiting, verdict.node);
  }

  #bind(waiting: Waiting, node: string): void {
    const { pod } = waiting;
    const binding = this.#outcome.bind(pod, node).catch((error: unknown) => {
      // The place was only assumed; unless the pod went elsewhere meanwhile, it is free again.
      if (this.#snapshot.placeOf(pod) === node) this.#snapshot.remove(pod);
      this.queue.retry(waiting, this.#world.monotonic());
      this.#outcome.fail(pod, error);
    });
    this.#binding.add(binding);
    void binding.finally(() => {
      this.#binding.delete(binding);
      this.kick();
    });
  }

  /** Forgets a pod that is gone. */
  forget(pod: Pod): void {
    this.queue.remove(keyOf(pod));
  }
}
