/**
 * Forwarding by sockets of this process: no privilege, no kernel, works wherever Node does. A
 * cluster IP inside 127.0.0.0/8 is reachable on the machine itself.
 */
import type { World } from "#libs/actor/world.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { Balancer } from "./userspace/balancer.ts";
import type { OpenPort } from "./userspace/ports.ts";
import { hostPort, type Listener, type Pool, type Rules } from "./userspace/rules.ts";
import { openTcp } from "./userspace/tcp.ts";
import { openUdp } from "./userspace/udp.ts";

export { planRules } from "./userspace/rules.ts";

/** Something that a service's owner should know. */
export interface Report {
  readonly service: Service;
  readonly reason: "ListenFailed" | "ListenMoved" | "ProtocolNotSupported";
  readonly message: string;
}

/** What became of a set of rules. */
export interface Applied {
  readonly reports: readonly Report[];
  /** Some ports are not open although they should be: apply the rules again later. */
  readonly isIncomplete: boolean;
}

interface Opened {
  readonly open: OpenPort;
  listener: Listener;
}

/** How ports are opened: handed in where a test needs a system that refuses. */
export type Openers = Readonly<Record<Listener["protocol"], typeof openTcp>>;

type Failure = NodeJS.ErrnoException;

/** Opens, changes and closes ports until they are as the rules say. One application at a time. */
export class Userspace {
  readonly #world: World;
  readonly #openers: Openers;
  readonly #opened = new Map<string, Opened>();
  readonly #balancers = new Map<string, Balancer>();
  /** Closed ports with connections that go on. */
  readonly #draining = new Set<OpenPort>();

  constructor(world: World, openers: Openers = { TCP: openTcp, UDP: openUdp }) {
    this.#world = world;
    this.#openers = openers;
  }

  async applyRules({ listeners, unsupported }: Rules): Promise<Applied> {
    const wanted = new Map(listeners.map((listener) => [listener.id, listener]));
    await this.#closeUnwanted(wanted);
    this.#updatePools(listeners);
    const reports: Report[] = unsupported.map((port) => ({
      ...port,
      reason: "ProtocolNotSupported",
    }));
    let isIncomplete = false;
    for (const listener of wanted.values()) {
      const opened = this.#opened.get(listener.id);
      if (opened === undefined) {
        const report = await this.#open(listener);
        if (report !== undefined) reports.push(report);
        isIncomplete ||= report?.reason === "ListenFailed";
      } else {
        opened.listener = listener;
        opened.open.refresh();
      }
    }
    return { reports, isIncomplete };
  }

  /** Ends every port and connection. */
  async close(): Promise<void> {
    const opened = [...this.#opened.values()].map(({ open }) => open);
    this.#opened.clear();
    this.#balancers.clear();
    await Promise.all([...opened, ...this.#draining].map((port) => port.abort()));
  }

  async #closeUnwanted(wanted: ReadonlyMap<string, Listener>): Promise<void> {
    for (const [id, { open }] of [...this.#opened]) {
      if (wanted.has(id)) continue;
      this.#opened.delete(id);
      this.#draining.add(open);
      void open.ended.then(() => this.#draining.delete(open));
      await open.close();
    }
  }

  #updatePools(listeners: readonly Listener[]): void {
    const pools = new Map(listeners.map(({ pool }) => [pool.id, pool]));
    for (const id of [...this.#balancers.keys()]) {
      if (!pools.has(id)) this.#balancers.delete(id);
    }
    for (const pool of pools.values()) this.#balancers.get(pool.id)?.update(pool);
  }

  #balancerOf(pool: Pool): Balancer {
    let balancer = this.#balancers.get(pool.id);
    if (balancer === undefined) this.#balancers.set(pool.id, (balancer = new Balancer(pool)));
    return balancer;
  }

  async #open(listener: Listener): Promise<Report | undefined> {
    const { address, port, portWithoutPrivilege, service } = listener;
    try {
      await this.#openAt(listener, port);
      return undefined;
    } catch (error) {
      const failure = error as Failure;
      if (failure.code !== "EACCES" || portWithoutPrivilege === 0) return failed(listener, failure);
    }
    try {
      await this.#openAt(listener, portWithoutPrivilege);
    } catch (error) {
      return failed(listener, error as Failure);
    }
    const instead = hostPort(address, portWithoutPrivilege);
    const message =
      `${listener.id} needs privilege that the proxy has not; ` +
      `the service is reachable at ${instead} instead`;
    return { service, reason: "ListenMoved", message };
  }

  async #openAt(listener: Listener, port: number): Promise<void> {
    const { id, address, protocol } = listener;
    const open = this.#openers[protocol];
    const current = () => this.#balancerOf(this.#opened.get(id)?.listener.pool ?? listener.pool);
    this.#opened.set(id, { open: await open(address, port, current, this.#world), listener });
  }
}

function failed({ id, service }: Listener, failure: Failure): Report {
  const message = `cannot listen on ${id}: ${failure.message}`;
  return { service, reason: "ListenFailed", message };
}
