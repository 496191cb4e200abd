/** Starts a nats-server with JetStream for one cluster, keeps it running and ends it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realWorld, type World } from "#libs/actor/world.ts";
import { guard, unguard } from "../tools/guardian.ts";
import { endProcess, isRunning } from "../tools/process.ts";
import { serverConfig } from "./config.ts";
import { bindable, type Member, streamsFolder } from "./members.ts";

export interface ServerOptions {
  /** Path of the program. */
  readonly program: string;
  /** Its folder holds configuration, streams, log and process id; made when absent. */
  readonly member: Member;
  /** Milliseconds until it must answer. Default 20,000. */
  readonly startMsMax?: number;
  readonly world?: World;
  /** Called when the server ended without being asked to. */
  readonly onDeath?: (reason: string) => void;
}

export interface NatsServer {
  /** With the token, so that it is all that a client needs. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  /** Ends it in order; resolves when it has ended. */
  stop(): Promise<void>;
}

const pollMs = 10;
const stopMsMax = 10_000;

/** Starts a server on loopback; rejects with the end of its log when it does not come up. */
export async function startNatsServer(options: ServerOptions): Promise<NatsServer> {
  const { program, member, startMsMax = 20_000, world = realWorld } = options;
  const { folder, name, token, cluster } = member;
  const at = (file: string) => join(folder, file);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await endLeftoverServer(folder, world);
  const config = serverConfig({
    name,
    port: await keptPort(at("port")),
    token,
    storeFolder: streamsFolder(folder),
    portsFolder: folder,
    logFile: at("nats-server.log"),
    ...(cluster ? { cluster } : {}),
  });
  await writeFile(at("nats-server.conf"), config, { mode: 0o600 });
  const child = launch(program, at("nats-server.conf"));
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended (${signal ?? code})`));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program}: ${await ended}`);
  await writeFile(at("pid"), String(pid));
  guard(pid);
  const port = await portOf(folder, pid, { ended, deadline: startMsMax, world }).catch(
    async (error: unknown) => {
      await endProcess(pid, world, stopMsMax);
      unguard(pid);
      throw error;
    },
  );
  await writeFile(at("port"), String(port));
  let stopping = false;
  void ended.then(async (reason) => {
    unguard(pid);
    await rm(at("pid"), { force: true });
    if (!stopping) options.onDeath?.(reason);
  });
  return {
    url: `nats://${token}@127.0.0.1:${port}`,
    port,
    token,
    pid,
    async stop() {
      stopping = true;
      await endProcess(pid, world, stopMsMax);
      await ended;
    },
  };
}

/**
 * In a process group of its own: Ctrl-C in a terminal reaches the whole group of the command line,
 * and the server has to outlive the components that write their last words to it.
 */
function launch(program: string, config: string): ChildProcess {
  return spawn(program, ["--config", config], { detached: true, stdio: "ignore" });
}

/** Ends a server whose owner was killed before it could do so; does nothing when there is none. */
export async function endLeftoverServer(folder: string, world: World): Promise<void> {
  const pid = Number(await readFile(join(folder, "pid"), "utf8").catch(() => "0"));
  if (pid > 0 && (await isRunning(pid, folder))) await endProcess(pid, world, stopMsMax);
  for (const entry of await readdir(folder).catch(() => [])) {
    if (entry.endsWith(".ports")) await rm(join(folder, entry));
  }
}

/** The port of the life before when it is still free, else -1: the server chooses one. */
async function keptPort(file: string): Promise<number> {
  const port = Number(await readFile(file, "utf8").catch(() => "0"));
  return port > 0 ? ((await bindable(port)) ?? -1) : -1;
}

interface Waiting {
  readonly ended: Promise<string>;
  /** Milliseconds. */
  readonly deadline: number;
  readonly world: World;
}

/** Waits for the file in which the server writes its addresses; it listens by then. */
async function portOf(folder: string, pid: number, waiting: Waiting): Promise<number> {
  const { ended, deadline, world } = waiting;
  const file = join(folder, `nats-server_${pid}.ports`);
  let reason: string | undefined;
  void ended.then((text) => {
    reason = text;
  });
  const started = world.monotonic();
  while (reason === undefined && world.monotonic() - started < deadline) {
    const port = await readFile(file, "utf8").then(clientPort, () => undefined);
    if (port !== undefined) return port;
    await world.sleep(pollMs);
  }
  const log = await readFile(join(folder, "nats-server.log"), "utf8").catch(() => "");
  const lastLines = log.trim().split("\n").slice(-5).join("\n");
  throw new Error(
    `nats-server did not come up: ${reason ?? `no answer in ${deadline} ms`}\n${lastLines}`,
  );
}

/** Undefined while the file is not written to its end. */
function clientPort(text: string): number | undefined {
  try {
    const { nats } = JSON.parse(text) as { nats?: readonly string[] };
    const port = Number(new URL(nats?.[0] ?? "").port);
    return port > 0 ? port : undefined;
  } catch {
    return undefined;
  }
}
