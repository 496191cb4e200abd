/** One cache for each resource that is stored, and which resource is stored where. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { ResourceDefinition } from "#libs/api/resource.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { codecOf } from "#libs/schema/index.ts";
import type { HeadsAnnounced } from "#proto/gen/kubus/watch/v1.ts";
import type { StoreClient } from "../store/client.ts";
import { WatchCache } from "./cache/cache.ts";

const headsCodec = codecOf<HeadsAnnounced>("kubus.watch.v1.HeadsAnnounced");

export interface CachesOptions {
  readonly resources: readonly ResourceDefinition[];
  readonly store: StoreClient;
  readonly bus: Bus;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** All caches of one life, found by definition or by name. */
export class Caches {
  readonly #options: CachesOptions;
  readonly #byResource = new Map<string, WatchCache>();
  readonly #storedIn = new Map<ResourceDefinition, ResourceDefinition>();
  readonly #siblings = new Map<ResourceDefinition, ResourceDefinition[]>();

  constructor(options: CachesOptions) {
    this.#options = options;
    for (const definition of options.resources.filter(isStored)) {
      const { storedAs } = definition;
      const stored = storedAs === undefined ? definition : options.resources.find(isSame(storedAs));
      if (stored === undefined) throw new Error(`${keyOf(definition)} is stored nowhere`);
      this.#storedIn.set(definition, stored);
      this.#siblings.set(stored, [...(this.#siblings.get(stored) ?? []), definition]);
      if (stored === definition) {
        this.#byResource.set(keyOf(definition), new WatchCache({ ...options, definition }));
      }
    }
  }

  /** Starts to follow every resource. Resolves when all caches hold everything. */
  async start(): Promise<void> {
    const { bus, signal } = this.#options;
    const subscription = bus.subscribe(bus.subjects.heads(), ({ data }) => {
      const heads = this.#readHeads(data);
      if (heads === undefined) return;
      for (const cache of this.#byResource.values()) cache.onHeads(heads);
    });
    signal.addEventListener("abort", () => subscription.unsubscribe());
    await Promise.all([...this.#byResource.values()].map((cache) => cache.start()));
  }

  #readHeads(data: Uint8Array): HeadsAnnounced | undefined {
    try {
      return headsCodec.decode(data);
    } catch (error) {
      this.#options.log.warn({ err: error }, "announced heads are malformed");
      return undefined;
    }
  }

  /** The definition in whose form objects of `definition` are stored: often itself. */
  storedIn(definition: ResourceDefinition): ResourceDefinition {
    const stored = this.#storedIn.get(definition);
    if (stored === undefined) throw new Error(`${keyOf(definition)} is not served`);
    return stored;
  }

  /** What is stored with `definition` in one form, itself included. */
  siblings(definition: ResourceDefinition): readonly ResourceDefinition[] {
    return this.#siblings.get(this.storedIn(definition)) ?? [];
  }

  of(definition: ResourceDefinition): WatchCache {
    return this.named(keyOf(this.storedIn(definition)));
  }

  /** By `pods` or `deployments.apps`, for code that means one certain resource. */
  named(key: string): WatchCache {
    const cache = this.#byResource.get(key);
    if (cache === undefined) throw new Error(`no cache of ${key}`);
    return cache;
  }

  /** Every cache by the name of its resource: `pods`, `deployments.apps`. */
  entries(): Iterable<[string, WatchCache]> {
    return this.#byResource.entries();
  }

  /** Undefined when the resource is not served. */
  find(key: string): WatchCache | undefined {
    return this.#byResource.get(key);
  }
}

/** What cannot be listed (a Binding) is an order to do something, and not kept. */
const isStored = ({ verbs }: ResourceDefinition): boolean => verbs.includes("list");

type Name = Pick<ResourceDefinition, "group" | "version" | "plural">;

const isSame = (name: Name) => (other: Name) =>
  other.group === name.group && other.version === name.version && other.plural === name.plural;

/** `pods`, `deployments.apps`. */
export const keyOf = ({ group, plural }: { group: string; plural: string }): string =>
  group === "" ? plural : `${plural}.${group}`;
