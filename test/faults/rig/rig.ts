/** A cluster of real processes that can be broken: servers, stores, and links between them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { connect, type ConnectOptions, type NatsBus } from "#libs/bus/connect.ts";
import type { Link } from "#libs/testing/link.ts";
import type { StoreConfig } from "../../../services/store/main.ts";
import { type ApiServer, startApiServers } from "./apiservers.ts";
import { Child } from "./child.ts";
import { type Linked, linksTo, urlsOf } from "./links.ts";
import { type BusServer, startServers } from "./servers.ts";

export type Layout = 1 | 3;

export interface RigOptions {
  readonly folder: string;
  /** nats-servers, each with a copy of everything. */
  readonly layout: Layout;
  readonly stores: number;
  readonly apiservers: number;
  /** Whether each server gets a disk that can forget, hang and fill up. */
  readonly withDisks: boolean;
  /** What every store process runs; default: the store. */
  readonly program?: string;
  /** Environment of the store processes beside what they need. */
  readonly env?: Readonly<Record<string, string>>;
  /** See {@link ServersOptions}. */
  readonly syncInterval?: string;
}

/** Attempts to connect, on a machine that may be very busy. */
const connectAttemptsMax = 6;
const storeProgram = join(import.meta.dirname, "../../../services/store/main.ts");
/**
 * So few that a campaign sees snapshots written and the log cut; a clock that jumps an hour cuts
 * nothing that is still to be judged.
 */
const storeConfig = {
  historyCountMax: 5_000,
  historyMsMax: 24 * 3_600_000,
  tailBytesMax: 256 * 1024,
} satisfies StoreConfig;

export class Rig {
  readonly folder: string;
  readonly layout: Layout;
  readonly servers: readonly BusServer[];
  readonly stores: readonly Linked[];
  readonly apiservers: readonly ApiServer[];
  /** Between the clients and the servers. */
  readonly clientLinks: readonly (readonly Link[])[] = [];
  readonly #buses: NatsBus[] = [];
  readonly #links: Link[] = [];

  private constructor(
    options: RigOptions,
    servers: readonly BusServer[],
    stores: readonly Linked[],
    apiservers: readonly ApiServer[],
  ) {
    this.folder = options.folder;
    this.layout = options.layout;
    this.servers = servers;
    this.stores = stores;
    this.apiservers = apiservers;
  }

  static async start(options: RigOptions): Promise<Rig> {
    await mkdir(options.folder, { recursive: true });
    const { folder, layout: count, withDisks, syncInterval } = options;
    const sync = syncInterval === undefined ? {} : { syncInterval };
    const servers = await startServers({ folder, count, withDisks, ...sync });
    const stores: Linked[] = [];
    for (let index = 0; index < options.stores; index += 1) {
      stores.push(await storeOf(options, servers, index));
    }
    for (const { child } of stores) child.start();
    const apiservers = await startApiServers(folder, servers, options.apiservers);
    return new Rig(options, servers, stores, apiservers);
  }

  /** A connection over links of its own, or straight to the servers, where no fault is. */
  async connect(name: string, way: "linked" | "direct"): Promise<NatsBus> {
    const links = way === "linked" ? await linksTo(this.servers) : [];
    this.#links.push(...links);
    if (way === "linked") (this.clientLinks as (readonly Link[])[]).push(links);
    const direct = this.servers.map(({ nats }) => nats.url).join(",");
    const servers = way === "linked" ? urlsOf(links, 0) : direct;
    const bus = await connectSurely({ servers, prefix: "kubus", name, world: realWorld });
    this.#buses.push(bus);
    return bus;
  }

  /** Everything that was broken runs again. */
  async heal(): Promise<void> {
    for (const server of this.servers) {
      await server.disk?.thaw();
      await server.disk?.free();
      for (const link of server.peers) link.heal();
      server.resume();
      if (!server.isRunning) await server.nats.start();
    }
    for (const links of this.clientLinks) for (const link of links) link.heal();
    for (const { child, links } of [...this.apiservers, ...this.stores]) {
      for (const link of links) link.heal();
      child.setClock(0);
      child.resume();
      child.start();
    }
  }

  async stop(): Promise<void> {
    for (const bus of this.#buses) void bus.close().catch(() => undefined);
    for (const { child, links } of [...this.apiservers, ...this.stores]) {
      await child.end();
      for (const link of links) link.close();
    }
    for (const link of this.#links) link.close();
    for (const server of this.servers) {
      server.resume();
      await server.stop();
    }
  }
}

async function connectSurely(options: ConnectOptions): Promise<NatsBus> {
  for (let attempt = 1; attempt < connectAttemptsMax; attempt += 1) {
    const bus = await connect(options).catch(() => undefined);
    if (bus) return bus;
  }
  return await connect(options);
}

async function storeOf(
  { folder, layout, program = storeProgram, env = {} }: RigOptions,
  servers: readonly BusServer[],
  index: number,
): Promise<Linked> {
  const links = await linksTo(servers);
  const config: StoreConfig = { ...storeConfig, replicas: layout };
  const child = new Child({
    name: `store-${index}`,
    program,
    logFile: join(folder, `store-${index}.log`),
    env: {
      KUBUS_NATS_URL: urlsOf(links, index),
      KUBUS_INSTANCE: String(index),
      KUBUS_CONFIG: JSON.stringify(config),
      KUBUS_LOG_LEVEL: "info",
      ...env,
    },
  });
  return { child, links };
}
