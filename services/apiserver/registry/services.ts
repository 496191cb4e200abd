/**
 * Which cluster addresses and node ports to hand out. What services hold is followed in their
 * cache; claims cover writes that are on their way. What is free in the end the store says, which
 * keeps a record of everything that is held (claimrecords.ts).
 */
import {
  allocateService,
  holdingsOf,
  type Holdings,
  type ServiceNetwork,
} from "#libs/api/core/v1/services/allocation.ts";
import type { FieldError } from "#libs/api/errors.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import type { WatchCache } from "./cache/cache.ts";
import type { CacheEvent } from "./cache/history.ts";

/** A set that counts how often each member was put in. */
class CountedSet<Member> {
  readonly members = new Set<Member>();
  readonly #counts = new Map<Member, number>();

  add(member: Member, by: 1 | -1): void {
    const count = (this.#counts.get(member) ?? 0) + by;
    if (count > 0) {
      this.#counts.set(member, count);
      this.members.add(member);
      return;
    }
    this.#counts.delete(member);
    this.members.delete(member);
  }

  clear(): void {
    this.#counts.clear();
    this.members.clear();
  }
}

/** Copies only where there is something to add, which is rare. */
const union = (some: Holdings, more: Holdings): Holdings => ({
  ips: more.ips.size === 0 ? some.ips : new Set([...some.ips, ...more.ips]),
  nodePorts:
    more.nodePorts.size === 0 ? some.nodePorts : new Set([...some.nodePorts, ...more.nodePorts]),
});

export interface ServiceAllocatorOptions {
  readonly cache: WatchCache;
  readonly network: ServiceNetwork;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/** Hands out addresses and node ports, and knows which are taken. */
export class ServiceAllocator {
  readonly #options: ServiceAllocatorOptions;
  readonly #ips = new CountedSet<string>();
  readonly #nodePorts = new CountedSet<number>();
  readonly #claims = new Set<Holdings>();
  /** Changes up to this revision are counted. */
  #position = 0;

  constructor(options: ServiceAllocatorOptions) {
    this.#options = options;
  }

  /** Counts what the cache holds and follows it. The cache must be filled. */
  start(): void {
    this.#recount();
    this.#options.cache.listen({
      changed: (events) => {
        for (const event of events) this.#follow(event);
      },
      reset: () => this.#recount(),
    });
  }

  /**
   * Fills what a draft needs, in place; the answer says what it cannot have. What the cache shows
   * as held may be free again by now, so something that is asked for is refused only when the store
   * did; nothing of it is chosen.
   * @param refused undefined when the store is not going to be asked
   */
  allocate(draft: Service, old: Service | undefined, refused: Holdings | undefined): FieldError[] {
    const known = { ips: this.#ips.members, nodePorts: this.#nodePorts.members };
    const { network, random } = this.#options;
    const taken = refused ?? known;
    const held = refused === undefined ? known : union(known, refused);
    return allocateService(draft, old, network, { held, taken, random });
  }

  /** Keeps what the draft holds from others until the answer is called. */
  claim(draft: Service): () => void {
    const holdings = holdingsOf(draft);
    this.#claims.add(holdings);
    this.#count(holdings, 1);
    return () => {
      if (this.#claims.delete(holdings)) this.#count(holdings, -1);
    };
  }

  #recount(): void {
    this.#ips.clear();
    this.#nodePorts.clear();
    for (const { object } of this.#options.cache.values()) this.#hold(object as Service, 1);
    for (const claim of this.#claims) this.#count(claim, 1);
    this.#position = this.#options.cache.lastChange;
  }

  #follow({ type, version, previous, revision }: CacheEvent): void {
    if (revision <= this.#position) return;
    if (previous !== undefined) this.#hold(previous.object as Service, -1);
    if (type !== "DELETED") this.#hold(version.object as Service, 1);
  }

  #hold(service: Service, by: 1 | -1): void {
    this.#count(holdingsOf(service), by);
  }

  #count({ ips, nodePorts }: Holdings, by: 1 | -1): void {
    for (const ip of ips) this.#ips.add(ip, by);
    for (const port of nodePorts) this.#nodePorts.add(port, by);
  }
}
