/**
 * Current versions of one stored resource, kept by following the store's broadcast. Gaps are
 * noticed by the revisions that every message carries and refilled by request.
 */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Bus, BusSubscription } from "#libs/bus/bus.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { ReadFailure } from "#proto/gen/kubus/store/v1.ts";
import type { HeadsAnnounced, ObjectChanged } from "#proto/gen/kubus/watch/v1.ts";
import type { StoreClient } from "../../store/client.ts";
import { judgeChange } from "./follow.ts";
import { History, type CacheEvent } from "./history.ts";
import { VersionIndex } from "./versions.ts";
import { StoredVersion, versionOfRecord } from "./version.ts";

/** Changes that wait while the cache fills or refills; more are fetched by request instead. */
const bufferMax = 10_000;
/** Own writes whose broadcast has not come yet. */
const offeredMax = 10_000;
/** Kept of each resource; twice as many before the older half is dropped. */
const historyEventsMax = 4_000;
/** Revisions that a cache goes back for when it starts, if the store still has them. */
const pastRevisionsMax = 20_000;
const retryMs = 500;

const changedCodec = codecOf<ObjectChanged>("kubus.watch.v1.ObjectChanged");

export interface CacheOptions {
  readonly definition: ResourceDefinition;
  readonly store: StoreClient;
  readonly bus: Bus;
  readonly world: World;
  readonly log: Logger;
  /** Ends the cache. */
  readonly signal: AbortSignal;
}

/** Told of changes; `reset` means that some were lost and every watch has to start anew. */
export interface CacheListener {
  changed(events: readonly CacheEvent[]): void;
  reset(): void;
}

interface Waiter {
  readonly revision: number;
  readonly resolve: () => void;
}

type Phase = "filling" | "following" | "refilling";

export class WatchCache {
  readonly definition: ResourceDefinition;
  readonly #options: CacheOptions;
  readonly #listeners = new Set<CacheListener>();
  readonly #waiters = new Set<Waiter>();
  readonly #offered = new Map<number, StoredVersion>();
  #index = new VersionIndex();
  #history = new History(historyEventsMax, 0);
  #phase: Phase = "filling";
  #buffer: ObjectChanged[] = [];
  #missed = false;
  /** Last change of the resource that was applied. */
  #applied = 0;
  /** Revision of the store at which the content is known to be current. */
  #revision = 0;
  #unpublished: CacheEvent[] = [];
  #filled: Promise<void> | undefined;

  constructor(options: CacheOptions) {
    this.definition = options.definition;
    this.#options = options;
  }

  /** Starts to follow. Resolves when the cache holds everything, at once when it does already. */
  start(): Promise<void> {
    this.#filled ??= this.#start();
    return this.#filled;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Revision of the last change; below `revision` when other resources changed since. */
  get lastChange(): number {
    return this.#applied;
  }

  get size(): number {
    return this.#index.size;
  }

  /** Of what is stored, without its other forms. */
  get bytes(): number {
    return this.#index.bytes;
  }

  get(namespace: string, name: string): StoredVersion | undefined {
    return this.#index.get(namespace, name);
  }

  /** In key order; `namespace` "" is all of them. */
  values(namespace = ""): Iterable<StoredVersion> {
    return this.#index.values(namespace);
  }

  /** Changes after that revision; undefined when it is too old to tell. */
  since(revision: number): readonly CacheEvent[] | undefined {
    return this.#history.since(revision);
  }

  get floor(): number {
    return this.#history.floor;
  }

  /** The listener hears of what is published after the call; `since` tells what came before. */
  listen(listener: CacheListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * A version that this process wrote. The answer is what to work on with: the cache's own when it
   * came there already, so that every form of a version is made once.
   */
  offer(version: StoredVersion): StoredVersion {
    const { namespace, name, revision } = version;
    const known = this.#index.get(namespace, name);
    if (known?.revision === revision) return known;
    const expected = revision > this.#applied && this.#offered.size < offeredMax;
    if (expected) this.#offered.set(revision, version);
    return version;
  }

  /** Resolves when everything acknowledged before the call is in the cache. */
  async catchUp(): Promise<void> {
    const { group, plural } = this.definition;
    const head = await this.#options.store.head({ group, resource: plural });
    await this.reach(head.resourceRevision);
    // Nothing of this resource happened between its last change and the head.
    this.#progress(head.revision);
  }

  /** Resolves when the change with that revision of this resource, or a later one, is applied. */
  reach(revision: number): Promise<void> {
    if (this.#applied >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.add({ revision, resolve }));
  }

  /** Resolves true when the content is current at that revision; false after so many ms. */
  async waitFor(revision: number, waitMs: number): Promise<boolean> {
    if (this.#revision >= revision) return true;
    await this.catchUp();
    const { world, signal } = this.#options;
    const until = world.monotonic() + waitMs;
    while (this.#revision < revision && world.monotonic() < until) {
      await world.sleep(Math.min(100, waitMs), signal);
      await this.catchUp();
    }
    return this.#revision >= revision;
  }

  /** A head that the store announced. */
  onHeads(heads: HeadsAnnounced): void {
    const { group, plural } = this.definition;
    const own = heads.heads.find((head) => head.group === group && head.resource === plural);
    if (this.#phase !== "following") return;
    if (own !== undefined && own.revision > this.#applied) this.#refill();
    else if (own !== undefined) this.#progress(heads.revision);
  }

  async #start(): Promise<void> {
    const { bus, signal } = this.#options;
    const { group, plural } = this.definition;
    const subscriptions: BusSubscription[] = [
      bus.subscribe(bus.subjects.watchResource(group, plural), ({ data }) => this.#onMessage(data)),
      bus.onReconnect(() => {
        if (this.#phase === "following") this.#refill();
      }),
    ];
    signal.addEventListener("abort", () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      this.#listeners.clear();
    });
    await bus.flush();
    await this.#retrying(async () => {
      if (!(await this.#fillFromPast())) await this.#fill();
    });
  }

  /**
   * Starts with what was there some time ago, and follows from then on: a watch that another API
   * server served goes on here. False when the store forgets that time meanwhile.
   */
  async #fillFromPast(): Promise<boolean> {
    const { group, plural } = this.definition;
    const head = await this.#options.store.head({ group, resource: plural });
    const past = Math.max(head.floor, head.revision - pastRevisionsMax);
    const index = new VersionIndex();
    // Nothing was there before the first revision.
    const listed = past === 0 ? past : await this.#listInto(index, past);
    if (typeof listed !== "number") return false;
    this.#adopt(index, past);
    await this.#fetchChanges();
    return true;
  }

  /** Whatever else somebody publishes there is passed over; the gap that it may leave is seen. */
  #onMessage(data: Uint8Array): void {
    let change: ObjectChanged;
    try {
      change = changedCodec.decode(data);
    } catch (error) {
      const { plural: resource } = this.definition;
      this.#options.log.warn({ err: error, resource }, "a broadcast is malformed");
      return;
    }
    const { group, plural } = this.definition;
    if (change.group === group && change.resource === plural) this.#onChange(change);
  }

  #onChange(change: ObjectChanged): void {
    if (this.#phase !== "following") {
      if (this.#buffer.length < bufferMax) this.#buffer.push(change);
      else this.#missed = true;
      return;
    }
    if (!this.#take(change)) this.#refill();
  }

  /** False when something has to be asked for. */
  #take(change: ObjectChanged): boolean {
    const known = this.#offered.has(change.revision) ? "known" : "";
    const verdict = judgeChange(this.#applied, change, known);
    if (verdict === "apply") this.#apply(change);
    return verdict === "apply" || verdict === "stale";
  }

  #apply(change: ObjectChanged): void {
    const { type, namespace, name, revision } = change;
    const previous = this.#index.get(namespace, name);
    if (type === "CHANGE_TYPE_DELETED") {
      this.#index.delete(namespace, name);
      if (previous !== undefined) {
        const version = previous.at(revision);
        this.#publish({ type: "DELETED", revision, version, previous });
      }
    } else {
      const version =
        this.#offered.get(revision) ??
        new StoredVersion(this.definition, { namespace, name }, change.value, revision);
      this.#index.set(version);
      const eventType = previous === undefined ? "ADDED" : "MODIFIED";
      this.#publish({ type: eventType, revision, version, previous });
    }
    this.#advance(revision);
  }

  #advance(revision: number): void {
    this.#applied = Math.max(this.#applied, revision);
    this.#progress(revision);
    this.#offered.delete(revision);
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#applied) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #progress(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** Events that come in one turn of the event loop reach listeners together. */
  #publish(event: CacheEvent): void {
    this.#history.push(event);
    if (this.#listeners.size === 0) return;
    this.#unpublished.push(event);
    if (this.#unpublished.length > 1) return;
    queueMicrotask(() => {
      const events = this.#unpublished;
      this.#unpublished = [];
      for (const listener of this.#listeners) this.#tell(listener, events);
    });
  }

  /** One listener that fails takes nothing from the others. */
  #tell(listener: CacheListener, events: readonly CacheEvent[]): void {
    try {
      listener.changed(events);
    } catch (error) {
      const { plural: resource } = this.definition;
      this.#options.log.error({ err: error, resource }, "a listener of the cache failed");
    }
  }

  #refill(): void {
    this.#phase = "refilling";
    void this.#retrying(() => this.#fetchChanges()).catch(() => undefined);
  }

  /** Asks for what happened since; lists anew when the store has forgotten it. */
  async #fetchChanges(): Promise<void> {
    const { store } = this.#options;
    const { group, plural } = this.definition;
    for (;;) {
      const answer = await store.changes({
        group,
        resource: plural,
        partition: "",
        afterRevision: this.#applied,
        withConfidential: true,
      });
      if (answer.failure !== "READ_FAILURE_UNSPECIFIED") return this.#fill();
      for (const change of answer.changes) {
        if (change.revision > this.#applied) this.#apply(change);
      }
      if (answer.more && answer.changes.length > 0) continue;
      this.#progress(answer.revision);
      if (this.#drain()) return;
    }
  }

  /** Takes what came meanwhile; false when that is not without a gap. */
  #drain(): boolean {
    const changes = this.#buffer;
    const missed = this.#missed;
    this.#buffer = [];
    this.#missed = false;
    if (missed || !changes.every((change) => this.#take(change))) return false;
    this.#phase = "following";
    return true;
  }

  async #fill(): Promise<void> {
    this.#phase = "filling";
    await this.#retrying(() => this.#list());
  }

  async #list(): Promise<void> {
    const index = new VersionIndex();
    const revision = await this.#listInto(index, 0);
    if (typeof revision !== "number") throw new Error(`list: ${revision.failure}`);
    this.#adopt(index, revision);
    if (!this.#drain()) await this.#fetchChanges();
  }

  /** Everything at a revision, 0 for now; the revision, or why there is none. */
  async #listInto(
    index: VersionIndex,
    at: number,
  ): Promise<number | { readonly failure: ReadFailure }> {
    let revision = at;
    let after = { namespace: "", name: "" };
    for (;;) {
      const page = await this.#options.store.list({
        group: this.definition.group,
        resource: this.definition.plural,
        namespace: "",
        afterNamespace: after.namespace,
        afterName: after.name,
        limit: 0,
        revision,
      });
      const { failure } = page;
      if (failure !== "READ_FAILURE_UNSPECIFIED") return { failure };
      revision = page.revision;
      for (const record of page.records) index.set(versionOfRecord(this.definition, record));
      const last = page.records.at(-1)?.key;
      if (!page.more || last === undefined) return revision;
      after = { namespace: last.namespace, name: last.name };
    }
  }

  #adopt(index: VersionIndex, revision: number): void {
    this.#index = index;
    this.#history = new History(historyEventsMax, revision);
    this.#unpublished = [];
    this.#applied = Math.max(this.#applied, revision);
    for (const known of this.#offered.keys()) if (known <= revision) this.#offered.delete(known);
    for (const listener of this.#listeners) listener.reset();
    this.#advance(revision);
  }

  async #retrying(attempt: () => Promise<void>): Promise<void> {
    const { world, signal, log } = this.#options;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const { plural: resource } = this.definition;
        log.warn({ err: error, resource }, "the cache asks the store again");
        await world.sleep(retryMs, signal);
      }
    }
  }
}
