/**
 * A Docker engine for the tests: the one that answers, or Debian's, installed and started where
 * this process may do so.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "#libs/actor/world.ts";
import { cacheFolder } from "../tools/cache.ts";
import { capture, mustRun } from "../tools/command.ts";
import { errorText } from "../tools/error-text.ts";
import { endProcess, isRunning } from "../tools/process.ts";

export type Engine =
  | { readonly type: "answers"; readonly version: string }
  /** Started here: `stopEngine` ends it. */
  | { readonly type: "started"; readonly version: string; readonly pid: number }
  | { readonly type: "absent"; readonly reason: string };

const programs = ["/usr/sbin/dockerd", "/usr/bin/dockerd", "/usr/local/bin/dockerd"];
const startMsMax = 30_000;
const stopMsMax = 20_000;
const pollMs = 100;

const folderIn = (env: NodeJS.ProcessEnv) => join(cacheFolder(env), "docker");

async function version(): Promise<string | undefined> {
  const { default: Docker } = await import("dockerode");
  try {
    const { Version } = await new Docker().version();
    return Version;
  } catch {
    return undefined;
  }
}

/** Finds, or installs and starts, an engine. Never rejects: tests say why they are left out. */
export async function ensureEngine(env: NodeJS.ProcessEnv, world: World): Promise<Engine> {
  const answering = await version();
  if (answering !== undefined) return { type: "answers", version: answering };
  if (process.getuid?.() !== 0) {
    return { type: "absent", reason: "no Docker engine answers, and only root can start one" };
  }
  try {
    const program = programs.find(existsSync) ?? (await install());
    return await start(program, folderIn(env), world);
  } catch (error) {
    return { type: "absent", reason: `no Docker engine could be started: ${errorText(error)}` };
  }
}

async function install(): Promise<string> {
  if (!existsSync("/usr/bin/apt-get")) throw new Error("there is no apt-get to install one with");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const command = ["install", "-y", "--no-install-recommends", "docker.io"];
  const first = await capture("apt-get", command, { env: environment });
  if (first.code !== 0) {
    // The lists of a fresh machine are empty or old.
    await mustRun("apt-get", ["update"], { env: environment });
    await mustRun("apt-get", command, { env: environment });
  }
  const program = programs.find(existsSync);
  if (!program) throw new Error("Debian's docker.io brought no dockerd");
  return program;
}

async function start(program: string, folder: string, world: World): Promise<Engine> {
  await mkdir(folder, { recursive: true });
  const pidFile = join(folder, "pid");
  await rm(pidFile, { force: true });
  const log = await open(join(folder, "log"), "w");
  const options = ["--data-root", join(folder, "root"), "--exec-root", join(folder, "exec")];
  const child = spawn(program, [...options, "--pidfile", pidFile], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  child.unref();
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} did not start`);
  const started = world.monotonic();
  while (world.monotonic() - started < startMsMax) {
    const found = await version();
    if (found !== undefined) return { type: "started", version: found, pid };
    if (!(await isRunning(pid, "dockerd"))) break;
    await world.sleep(pollMs);
  }
  const tail = (await readFile(join(folder, "log"), "utf8")).trim().split("\n").at(-1) ?? "";
  await endProcess(pid, world, stopMsMax);
  throw new Error(`dockerd did not answer: ${tail}`);
}

/** Ends the engine that `ensureEngine` started, if it did; its containers end with it. */
export async function stopEngine(env: NodeJS.ProcessEnv, world: World): Promise<void> {
  const pidFile = join(folderIn(env), "pid");
  const text = await readFile(pidFile, "utf8").catch(() => "");
  const pid = Number(text.trim());
  if (!pid || !(await isRunning(pid, folderIn(env)))) return;
  await endProcess(pid, world, stopMsMax);
}
