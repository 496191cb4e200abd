/** Whose turn it is: round robin over a pool's endpoints, or the endpoint a client had before. */
import type { Endpoint } from "../../decide.ts";
import { hostPort, type Pool } from "./rules.ts";

/** Clients that are remembered per pool; above it the longest unseen is forgotten. */
export const affinityClientsMax = 10_000;

export const endpointId = ({ address, port }: Endpoint): string => hostPort(address, port);

interface Affinity {
  readonly endpoint: string;
  /** Milliseconds of the monotonic clock. */
  readonly seenAt: number;
}

export class Balancer {
  #pool: Pool;
  #next = 0;
  /** In the order in which clients were seen. */
  readonly #affinities = new Map<string, Affinity>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  get pool(): Pool {
    return this.#pool;
  }

  /** Affinity to endpoints that stay is kept, unless the service has no affinity any more. */
  update(pool: Pool): void {
    this.#pool = pool;
    if (pool.affinitySeconds === undefined) this.#affinities.clear();
    const ids = new Set(pool.endpoints.map(endpointId));
    for (const [client, { endpoint }] of this.#affinities) {
      if (!ids.has(endpoint)) this.#affinities.delete(client);
    }
  }

  /**
   * The endpoint for a new connection of a client; undefined when none is left besides those that
   * were `tried`. `now` is milliseconds of a clock that never runs backwards.
   */
  choose(client: string, now: number, tried: ReadonlySet<string>): Endpoint | undefined {
    const { affinitySeconds } = this.#pool;
    if (affinitySeconds === undefined) return this.#turn(tried);
    const known = this.#affinityOf(client, now, affinitySeconds);
    const endpoint = known && !tried.has(endpointId(known)) ? known : this.#turn(tried);
    if (endpoint !== undefined) this.#remember(client, endpoint, now);
    return endpoint;
  }

  #turn(tried: ReadonlySet<string>): Endpoint | undefined {
    const { endpoints } = this.#pool;
    for (let step = 0; step < endpoints.length; step++) {
      const endpoint = endpoints[this.#next % endpoints.length];
      this.#next = (this.#next + 1) % endpoints.length;
      if (endpoint !== undefined && !tried.has(endpointId(endpoint))) return endpoint;
    }
    return undefined;
  }

  #affinityOf(client: string, now: number, affinitySeconds: number): Endpoint | undefined {
    const affinity = this.#affinities.get(client);
    if (affinity === undefined || now - affinity.seenAt >= affinitySeconds * 1000) return undefined;
    return this.#pool.endpoints.find((endpoint) => endpointId(endpoint) === affinity.endpoint);
  }

  #remember(client: string, endpoint: Endpoint, now: number): void {
    this.#affinities.delete(client);
    this.#affinities.set(client, { endpoint: endpointId(endpoint), seenAt: now });
    if (this.#affinities.size <= affinityClientsMax) return;
    const [oldest] = this.#affinities.keys();
    if (oldest !== undefined) this.#affinities.delete(oldest);
  }
}
