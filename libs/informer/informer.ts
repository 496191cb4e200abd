/**
 * A resource's objects in memory, kept current from the watch broadcast: one subscription, any
 * number of listeners. Notices a gap by the revisions in the changes and refills it.
 */
import { createActor, fromPromise } from "xstate";
import type { World } from "#libs/actor/world.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Bus, BusSubscription } from "#libs/bus/bus.ts";
import { type Client, decodeObject } from "#libs/client/client.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { HeadsAnnounced, ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import { Cache, type IndexFunction, type Notice } from "./cache.ts";
import { judge } from "./decide.ts";
import { informerMachine, type Refill } from "./machine.ts";

export interface InformerOptions<T extends KubeObject> {
  readonly bus: Bus;
  readonly client: Client;
  readonly world: World;
  readonly resource: ResourceDefinition<T>;
  /** Follow one partition only (a kubelet's own pods) … */
  readonly partition?: string;
  /** … whose objects this field selector lists. */
  readonly fieldSelector?: string;
}

export type Listener<T> = (notice: Notice<T>) => void;

const objectChanged = codecOf<ObjectChanged>("kubus.watch.v1.ObjectChanged");
const headsAnnounced = codecOf<HeadsAnnounced>("kubus.watch.v1.HeadsAnnounced");

/**
 * Heads are announced by resource. Whoever follows one partition cannot tell from them whether it
 * missed something, and asks no more often than this.
 */
const partitionCheckMs = 10_000;
/** Changes held back while listing or refilling; above it they are dropped and refilled. */
const heldMax = 10_000;

export class Informer<T extends KubeObject> {
  readonly resource: ResourceDefinition<T>;
  readonly #options: InformerOptions<T>;
  readonly #cache = new Cache<T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #sync = Promise.withResolvers<void>();
  readonly #actor;
  readonly #subscriptions: BusSubscription[] = [];
  readonly #reached: { readonly revision: number; readonly resolve: () => void }[] = [];
  #applied = 0;
  #synced = false;
  #held: ObjectChanged[] = [];
  #checkedAt = 0;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.resource = options.resource;
    this.#actor = createActor(
      informerMachine.provide({
        actors: {
          list: fromPromise<void>(() => this.#list()),
          refill: fromPromise<Refill>(() => this.#refill()),
        },
        actions: { markSynced: () => this.#markSynced() },
      }),
      { clock: options.world.clock },
    );
  }

  /** Resolves after the first complete list. */
  get synced(): Promise<void> {
    return this.#sync.promise;
  }

  get hasSynced(): boolean {
    return this.#synced;
  }

  /** Last store revision of this resource that the cache holds. */
  get revision(): number {
    return this.#applied;
  }

  start(): void {
    const { bus, resource, partition } = this.#options;
    const { group, plural } = resource;
    this.#subscriptions.push(
      bus.subscribe(bus.subjects.watchResource(group, plural, partition), ({ data }) =>
        this.#onChange(objectChanged.decode(data)),
      ),
      bus.subscribe(bus.subjects.heads(), ({ data }) => this.#onHeads(headsAnnounced.decode(data))),
      bus.onReconnect(() => this.#actor.send({ type: "Reconnected" })),
    );
    this.#actor.start();
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#actor.send({ type: "Stop" });
    this.#listeners.clear();
  }

  get(key: string): T | undefined {
    return this.#cache.get(key);
  }

  get size(): number {
    return this.#cache.size;
  }

  values(): Iterable<T> {
    return this.#cache.values();
  }

  addIndex(name: string, keysOf: IndexFunction<T>): void {
    this.#cache.addIndex(name, keysOf);
  }

  byIndex(name: string, value: string): Iterable<T> {
    return this.#cache.byIndex(name, value);
  }

  /** Calls the listener for every object that is there (as added), then for every change. */
  listen(listener: Listener<T>): BusSubscription {
    for (const object of [...this.#cache.values()]) listener({ type: "added", object });
    this.#listeners.add(listener);
    return { unsubscribe: () => this.#listeners.delete(listener) };
  }

  /**
   * Resolves when the cache has applied this revision of the resource: whoever wrote it reads its
   * own write from then on. Only for a revision that the resource's own chain will reach.
   */
  untilRevision(revision: number): Promise<void> {
    if (revision <= this.#applied) return Promise.resolve();
    return new Promise((resolve) => this.#reached.push({ revision, resolve }));
  }

  /** Resolves when the cache holds every write that was acknowledged before this call. */
  async untilCurrent(): Promise<void> {
    await this.#sync.promise;
    await this.#catchUp();
  }

  #onChange(change: ObjectChanged): void {
    if (this.#actor.getSnapshot().value !== "following") {
      this.#hold(change);
      return;
    }
    const verdict = judge(this.#applied, change, this.#options.partition !== undefined);
    if (verdict === "apply") this.#apply(change);
    if (verdict === "gap") {
      this.#hold(change);
      this.#actor.send({ type: "GapSeen" });
    }
  }

  #onHeads({ heads }: HeadsAnnounced): void {
    const { group, plural } = this.resource;
    const head = heads.find((candidate) => isOf(candidate, group, plural));
    if (!head || head.revision <= this.#applied) return;
    const now = this.#options.world.monotonic();
    if (this.#options.partition !== undefined && now - this.#checkedAt < partitionCheckMs) return;
    this.#checkedAt = now;
    this.#actor.send({ type: "GapSeen" });
  }

  #hold(change: ObjectChanged): void {
    if (this.#held.length < heldMax) this.#held.push(change);
  }

  #apply(change: ObjectChanged): void {
    const { namespace, name, revision } = change;
    const key = namespace ? `${namespace}/${name}` : name;
    const notice =
      change.type === "CHANGE_TYPE_DELETED" || this.#left(change)
        ? this.#cache.remove(key)
        : this.#cache.put(this.#decode(change));
    this.#advance(revision);
    if (notice) this.#tell(notice);
  }

  /** The object moved to a partition that is not followed here. */
  #left({ partition }: ObjectChanged): boolean {
    const own = this.#options.partition;
    return own !== undefined && partition !== own;
  }

  #decode({ value, revision }: ObjectChanged): T {
    const object = decodeObject(this.resource, value);
    object.metadata = { ...object.metadata, resourceVersion: String(revision) };
    return object;
  }

  #advance(revision: number): void {
    this.#applied = Math.max(this.#applied, revision);
    if (this.#reached.length === 0) return;
    for (const waiting of this.#reached.splice(0)) {
      if (waiting.revision <= this.#applied) waiting.resolve();
      else this.#reached.push(waiting);
    }
  }

  #tell(notice: Notice<T>): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }

  async #list(): Promise<void> {
    const { client, fieldSelector } = this.#options;
    const selection = fieldSelector === undefined ? {} : { fieldSelector };
    const { items, resourceVersion } = await client.list(this.resource, selection);
    const notices = this.#cache.replace(items);
    this.#applied = 0;
    this.#advance(Number(resourceVersion));
    for (const notice of notices) this.#tell(notice);
    this.#applyHeld();
  }

  async #refill(): Promise<Refill> {
    return (await this.#catchUp()) ? "caughtUp" : "expired";
  }

  /** Asks for the changes since the last one, until there are no more. False: list again. */
  async #catchUp(): Promise<boolean> {
    const { client, partition } = this.#options;
    while (true) {
      const answer = await client.changes(this.resource, this.#applied, partition);
      if (answer.type === "expired") return false;
      const { changes, revision, more } = answer.response;
      for (const change of changes) {
        if (change.revision > this.#applied) this.#apply(change);
      }
      if (!more) {
        this.#advance(revision);
        this.#applyHeld();
        return true;
      }
    }
  }

  /** Applies what came in meanwhile as far as it follows on; a gap is found by the next change. */
  #applyHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const change of held) {
      const verdict = judge(this.#applied, change, this.#options.partition !== undefined);
      if (verdict === "apply") this.#apply(change);
    }
  }

  #markSynced(): void {
    // Changes may have come between the answer and this state.
    this.#applyHeld();
    this.#synced = true;
    this.#sync.resolve();
  }
}

const isOf = (
  head: { readonly group: string; readonly resource: string },
  group: string,
  plural: string,
) => head.resource === plural && head.group === group;
