/** The bus of the rig: one nats-server, or three that replicate, each on a disk of its own. */
import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { startInTurn } from "#libs/bus/placement.ts";
import { untilKnown } from "#libs/testing/cluster.ts";
import { freePort, startNatsServer, type TestNatsServer } from "#libs/testing/nats.ts";
import { Disk } from "./disk.ts";
import { Link } from "#libs/testing/link.ts";

export interface ServersOptions {
  readonly folder: string;
  readonly count: 1 | 3;
  /**
   * Whether each server gets a {@link Disk}. Else it has a plain folder; when its power fails that
   * is as it was at its last {@link BusServer.sync}, which is right for a server that never fsyncs
   * by itself meanwhile.
   */
  readonly withDisks: boolean;
  readonly syncInterval?: string;
}

const diskBytes = 192 * 1024 * 1024;

interface BusServerParts {
  readonly name: string;
  readonly nats: TestNatsServer;
  readonly disk: Disk | undefined;
  readonly peers: ReadonlyMap<string, Link>;
  readonly storeFolder: string;
  readonly logFile: string;
}

/** They would outlive a process that ends before it has stopped them. */
const running = new Set<BusServer>();
process.once("exit", () => {
  for (const { nats } of running) if (nats.pid > 0) process.kill(nats.pid, "SIGKILL");
});

export class BusServer {
  readonly name: string;
  readonly nats: TestNatsServer;
  readonly disk: Disk | undefined;
  /** Links over which this server speaks to the others, by their names. */
  readonly #peers: ReadonlyMap<string, Link>;
  /** JetStream's files. */
  readonly storeFolder: string;
  readonly #logFile: string;
  #isPaused = false;

  constructor({ name, nats, disk, peers, storeFolder, logFile }: BusServerParts) {
    this.storeFolder = storeFolder;
    this.name = name;
    this.nats = nats;
    this.disk = disk;
    this.#peers = peers;
    this.#logFile = logFile;
    running.add(this);
  }

  /** Links over which this server speaks to the others. */
  get peers(): Link[] {
    return [...this.#peers.values()];
  }

  /** The link over which it speaks to one of them; none to itself. */
  peersTo({ name }: BusServer): Link[] {
    const link = this.#peers.get(name);
    return link ? [link] : [];
  }

  get isRunning(): boolean {
    return this.nats.pid !== 0;
  }

  pause(): void {
    if (!this.isRunning) return;
    this.#isPaused = true;
    process.kill(this.nats.pid, "SIGSTOP");
  }

  resume(): void {
    if (this.#isPaused && this.isRunning) process.kill(this.nats.pid, "SIGCONT");
    this.#isPaused = false;
  }

  /** Ends in order; a process that is stopped hears of nothing before it goes on. */
  async end(): Promise<void> {
    this.resume();
    await this.nats.kill("SIGTERM");
  }

  /**
   * Starts it anew if it has turned JetStream off, as it does for good when its disk is full and
   * others have copies: what an operator has to do, and `kubus up` does.
   */
  async restartIfIdle(): Promise<void> {
    const text = await readFile(this.#logFile, "utf8").catch(() => "");
    const life = text.slice(text.lastIndexOf("Starting nats-server"));
    if (!life.includes("JetStream Shutdown") || !this.isRunning) return;
    await this.end();
    await this.nats.start();
  }

  /** Everything that the server wrote up to now is kept, come what may. */
  async sync(): Promise<void> {
    if (this.disk) return await this.disk.sync();
    this.pause();
    await rm(this.#synced, { recursive: true, force: true });
    await cp(this.storeFolder, this.#synced, { recursive: true });
    this.resume();
  }

  /** The machine that it runs on loses its power. */
  async losePower(): Promise<void> {
    // Nothing may be acknowledged that the disk does not take any more.
    this.pause();
    await this.disk?.cutPower();
    await this.nats.kill("SIGKILL");
    this.#isPaused = false;
    if (this.disk) return await this.disk.restorePower();
    await rm(this.storeFolder, { recursive: true });
    await cp(this.#synced, this.storeFolder, { recursive: true });
  }

  get #synced(): string {
    return `${this.storeFolder}.synced`;
  }

  async stop(): Promise<void> {
    await this.disk?.thaw();
    await this.nats.kill("SIGKILL");
    running.delete(this);
    for (const link of this.peers) link.close();
    await this.disk?.remove();
    await this.nats.stop();
  }
}

export async function startServers(options: ServersOptions): Promise<BusServer[]> {
  const { count } = options;
  if (count === 1) return [await startServer(options, "n1", "", new Map())];
  const names = ["n1", "n2", "n3"];
  const routePorts = await Promise.all(names.map(() => freePort()));
  const starts = names.map((name, own) => async () => {
    const peers = new Map<string, Link>();
    for (const [index, other] of names.entries()) {
      if (index !== own) peers.set(other, await Link.open(routePorts[index] ?? 0));
    }
    const config = clusterConfig(name, routePorts[own] ?? 0, [...peers.values()]);
    return startServer(options, name, config, peers);
  });
  return await startInTurn(starts, (started) => untilKnown(started.map(({ nats }) => nats)));
}

async function startServer(
  { folder: parent, withDisks, syncInterval }: ServersOptions,
  name: string,
  config: string,
  peers: ReadonlyMap<string, Link>,
): Promise<BusServer> {
  const folder = join(parent, name);
  const disk = withDisks ? await Disk.make(folder, diskBytes) : undefined;
  const storeFolder = join(folder, "jetstream");
  const logFile = join(parent, `${name}.log`);
  const sync = syncInterval === undefined ? {} : { syncInterval };
  const nats = await startNatsServer({
    config: `server_name: ${name}\nlog_file: "${logFile}"\n${config}`,
    storeFolder,
    ...sync,
  });
  return new BusServer({ name, nats, disk, peers, storeFolder, logFile });
}

/**
 * Servers tell each other and their clients where else they can be reached, which would lead around
 * the links: what they tell of themselves is where nobody listens.
 */
const clusterConfig = (name: string, port: number, peers: readonly Link[]) => `
cluster {
  name: faults
  listen: "127.0.0.1:${port}"
  advertise: "127.0.0.1:1"
  no_advertise: true
  routes: [${peers.map((link) => `"nats://127.0.0.1:${link.port}"`).join(", ")}]
}
# ${name} notices within seconds that somebody is out of reach.
ping_interval: "2s"
ping_max: 2
`;
