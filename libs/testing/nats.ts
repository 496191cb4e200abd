/** A nats-server for tests: its own folder and port, killed and started again at will. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";

export interface NatsServerOptions {
  /** Lines added to the server's configuration. */
  readonly config?: string;
  /** Bytes of one message. Default 8 MiB, like a server that Kubus starts. */
  readonly payloadMax?: number;
  /** Bytes that JetStream may store. Default: what the disk holds. */
  readonly storeBytesMax?: number;
  /** When it fsyncs. Default "always"; any other loses acknowledged writes with the power. */
  readonly syncInterval?: string;
  /** Where JetStream keeps its files. Default: a folder that goes with the server. */
  readonly storeFolder?: string;
}

export interface TestNatsServer {
  readonly url: string;
  readonly port: number;
  /** JetStream's files. */
  readonly folder: string;
  readonly pid: number;
  /** Ends the process; SIGKILL by default. The files stay. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and files, with other options if there are any. */
  start(options?: NatsServerOptions): Promise<void>;
  /** Ends it and removes the files. */
  stop(): Promise<void>;
}

const startMsMax = 10_000;
const pollMs = 10;

/** Starts a server with JetStream that fsyncs every write; rejects when there is none to start. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<TestNatsServer> {
  const program = await findProgram();
  const folder = await mkdtemp(join(tmpdir(), "kubus-nats-"));
  const port = await freePort();
  const server = new NatsProcess(program, port, folder);
  await server.start(options);
  return server;
}

class NatsProcess implements TestNatsServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly #program: string;
  #child: ChildProcess | undefined;

  constructor(program: string, port: number, folder: string) {
    this.#program = program;
    this.port = port;
    this.url = `nats://127.0.0.1:${port}`;
    this.folder = folder;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async start(options?: NatsServerOptions): Promise<void> {
    const configFile = join(this.folder, "nats.conf");
    if (options) await writeFile(configFile, configText(this.port, this.folder, options));
    const child = spawn(this.#program, ["-c", configFile], { stdio: "ignore" });
    this.#child = child;
    const deadline = realWorld.monotonic() + startMsMax;
    while (!(await answers(this.port))) {
      if (child.exitCode !== null) throw new Error(`${this.#program} ended: ${child.exitCode}`);
      if (realWorld.monotonic() > deadline) throw new Error(`${this.#program} does not listen`);
      await realWorld.sleep(pollMs);
    }
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }
}

const configText = (port: number, folder: string, options: NatsServerOptions) => `
host: 127.0.0.1
port: ${port}
max_payload: ${options.payloadMax ?? 8 * 1024 * 1024}
jetstream {
  store_dir: "${options.storeFolder ?? join(folder, "jetstream")}"
  sync_interval: ${options.syncInterval ?? "always"}
  ${options.storeBytesMax ? `max_file_store: ${options.storeBytesMax}` : ""}
}
${options.config ?? ""}
`;

async function findProgram(): Promise<string> {
  const { NATS_SERVER_BIN, KUBUS_CACHE, PATH = "" } = process.env;
  const root = join(import.meta.dirname, "..", "..");
  const cache = KUBUS_CACHE || join(root, ".cache");
  const folders = [join(cache, "bin"), ...PATH.split(":"), "/usr/sbin", "/usr/local/sbin"];
  const candidates = folders.map((folder) => join(folder, "nats-server"));
  for (const candidate of NATS_SERVER_BIN ? [NATS_SERVER_BIN] : candidates) {
    const isThere = await access(candidate).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  throw new Error("no nats-server: set NATS_SERVER_BIN, or run `npm test`, which installs one");
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Whether a NATS server greets on the port. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, "127.0.0.1");
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("data", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
