/**
 * The way to write a controller as an actor: caches to watch, a pure `decide`, an `apply` per
 * action. Keys are reconciled one actor each, a bounded number at a time; a key is never looked at
 * again before the caches show what was written for it, so nothing is done twice.
 */
import { type AnyActor, fromPromise } from "xstate";
import type { Assembled, Host } from "#libs/actor/component.ts";
import { hasReason } from "#libs/api/errors.ts";
import type { KubeObject } from "#libs/api/resource.ts";
import type { BusSubscription } from "#libs/bus/bus.ts";
import type { Informer } from "#libs/informer/informer.ts";
import { keyMachine, type Plan, type Seen } from "./key.ts";
import { controllerMachine } from "./machine.ts";
import { WorkQueue } from "./queue.ts";

export type { Seen } from "./key.ts";

/** Puts a key in line, now or after some milliseconds. */
export type Enqueue = (key: string, afterMs?: number) => void;

/** What `decide` comes to: what to do, in order. */
export interface Decision<Action> {
  readonly actions: readonly Action[];
  /** Look again after this many milliseconds although nothing changed. */
  readonly requeueAfterMs?: number;
}

export interface ControllerOptions<Observed, Action> {
  readonly host: Host;
  /** Caches that must be complete before the first key is looked at. */
  readonly informers: readonly Syncing[];
  /** Connects changes of the caches to keys. Called once the caches are complete. */
  readonly watch: (enqueue: Enqueue) => readonly BusSubscription[];
  /**
   * Gathers what `decide` needs, from the caches and, where they do not suffice, by asking the API
   * server; undefined when there is nothing to do.
   */
  readonly observe: (key: string) => Observed | undefined | Promise<Observed | undefined>;
  /** Pure. */
  readonly decide: (observed: Observed) => Decision<Action>;
  /**
   * Does one action. Returns how to wait for the caches to show it, if it changed something.
   * A rejection makes the key wait and be looked at again.
   */
  readonly apply: (action: Action, key: string) => Promise<Seen | void>;
  /** Actions of one kind in a row that may run at the same time. Default: none may. */
  readonly isParallel?: (action: Action) => boolean;
  /** Keys in work at the same time. Default 16. */
  readonly keysInFlightMax?: number;
}

/** What a controller needs of an informer to start. */
export interface Syncing {
  untilCurrent(): Promise<void>;
}

const keysInFlightMaxDefault = 16;
/** As Kubernetes' slow start: batches of 1, 2, 4, … so that a refusal costs few attempts. */
const batchMin = 1;
const batchMax = 64;

/** Waits until an informer shows a write. */
export function seenBy<T extends KubeObject>(informer: Informer<T>, revision: number): Seen {
  return () => informer.untilRevision(revision);
}

/** The component's root machine for one controller. */
export function controller<Observed, Action>(
  options: ControllerOptions<Observed, Action>,
): Assembled {
  const work = new Work(options);
  const machine = controllerMachine.provide({
    actors: {
      sync: fromPromise<void>(async () => {
        await Promise.all(options.informers.map((informer) => informer.untilCurrent()));
      }),
    },
    actions: { startWork: () => work.start(), stopWork: () => work.stop() },
  });
  return { machine, input: undefined };
}

/** The keys in line and in work. */
class Work<Observed, Action> {
  readonly #options: ControllerOptions<Observed, Action>;
  readonly #queue: WorkQueue;
  readonly #inFlight = new Map<string, AnyActor>();
  readonly #machine;
  #subscriptions: readonly BusSubscription[] = [];
  #running = false;

  constructor(options: ControllerOptions<Observed, Action>) {
    this.#options = options;
    this.#queue = new WorkQueue(options.host.world, () => this.#next());
    this.#machine = keyMachine.provide({
      actors: {
        observe: fromPromise<Plan, string>(({ input }) => this.#look(input)),
        apply: fromPromise<readonly Seen[], { key: string; actions: readonly unknown[] }>(
          ({ input }) => this.#applyAll(input.key, input.actions as readonly Action[]),
        ),
        awaitSeen: fromPromise<void, readonly Seen[]>(async ({ input }) => {
          await Promise.all(input.map((seen) => seen()));
        }),
      },
      actions: {
        reportFailure: (_, { key, error }) => this.#report(key, error),
      },
    });
    options.host.onEnd(() => this.stop());
  }

  start(): void {
    this.#running = true;
    this.#subscriptions = this.#options.watch((key, afterMs) => this.#enqueue(key, afterMs));
  }

  stop(): void {
    this.#running = false;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#queue.clear();
    this.#inFlight.clear();
  }

  #enqueue(key: string, afterMs = 0): void {
    if (!this.#running) return;
    const inFlight = this.#inFlight.get(key);
    if (inFlight && afterMs === 0) inFlight.send({ type: "Changed" });
    else this.#queue.add(key, afterMs);
  }

  #next(): void {
    const { keysInFlightMax = keysInFlightMaxDefault } = this.#options;
    while (this.#running && this.#inFlight.size < keysInFlightMax) {
      const key = this.#queue.take((candidate) => !this.#inFlight.has(candidate));
      if (key === undefined) return;
      this.#begin(key);
    }
  }

  #begin(key: string): void {
    const { host } = this.#options;
    const release = () => {
      this.#inFlight.delete(key);
    };
    const actor = host.spawn({
      path: `key/${key}`,
      machine: this.#machine,
      input: { key },
      onDone: (output) => {
        release();
        const { requeueAfterMs } = output as { requeueAfterMs: number | undefined };
        if (requeueAfterMs !== undefined) this.#enqueue(key, requeueAfterMs);
        this.#next();
      },
      onFailure: (error) => {
        release();
        this.#report(key, error);
        this.#enqueue(key);
      },
    });
    if (actor.getSnapshot().status === "active") this.#inFlight.set(key, actor);
  }

  async #look(key: string): Promise<Plan> {
    const observed = await this.#options.observe(key);
    if (observed === undefined) return { actions: [], requeueAfterMs: undefined };
    const { actions, requeueAfterMs } = this.#options.decide(observed);
    return { actions, requeueAfterMs };
  }

  async #applyAll(key: string, actions: readonly Action[]): Promise<readonly Seen[]> {
    const { apply, isParallel = () => false } = this.#options;
    const seen: Seen[] = [];
    let index = 0;
    let batch = batchMin;
    while (index < actions.length) {
      const group = actions.slice(index, index + batch);
      const size = Math.max(
        1,
        group.findIndex((action) => !isParallel(action)),
      );
      const chosen = group.every(isParallel) ? group : group.slice(0, size);
      const results = await Promise.allSettled(chosen.map((action) => apply(action, key)));
      let failure: PromiseRejectedResult | undefined;
      for (const result of results) {
        if (result.status === "rejected") failure ??= result;
        else if (result.value) seen.push(result.value);
      }
      if (failure) {
        // What did happen must be visible before the next look, or it would be done again.
        await this.#waitFor(seen);
        throw failure.reason;
      }
      index += chosen.length;
      batch = Math.min(batch * 2, batchMax);
    }
    return seen;
  }

  async #waitFor(seen: readonly Seen[]): Promise<void> {
    const { world, signal } = this.#options.host;
    await Promise.race([
      Promise.all(seen.map((shows) => shows())),
      world.sleep(seenMsMax, signal).catch(() => undefined),
    ]);
  }

  #report(key: string, error: unknown): void {
    // A conflict only says that the cache is behind: the next look will be fresher.
    if (hasReason(error, "Conflict")) return;
    this.#options.host.log.warn({ key, err: error }, "reconciling failed");
  }
}

/** Milliseconds after which a failed key stops waiting for its partial writes to show. */
const seenMsMax = 5_000;
