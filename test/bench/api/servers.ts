/** The servers that are measured: a Kubus of our own, or those that the user names. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../infra/tools/cache.ts";
import { mustRun } from "../../../infra/tools/command.ts";
import { usageOf } from "../../../infra/tools/process.ts";
import type { Access } from "./door.ts";

export interface Servers {
  readonly access: Access;
  /** Of the API server, its store and its bus; empty when nobody told them. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

const main = join(import.meta.dirname, "..", "..", "..", "infra", "kubus", "main.ts");
const startMsMax = 120_000;

/** An API server, a store and a nats-server, with nothing else that would use the CPU. */
export async function startKubus(): Promise<Servers> {
  const home = await mkdtemp(join(tmpdir(), "kubus-bench-"));
  const { NATS_URL: _, ...rest } = process.env;
  const kubeconfig = join(home, "kubeconfig");
  const env = { ...rest, HOME: home, KUBECONFIG: kubeconfig, KUBUS_CACHE: cacheFolder() };
  const kubus = (...words: string[]) =>
    mustRun(process.execPath, [main, ...words], { env, timeoutMs: startMsMax });
  const stop = async () => {
    await kubus("down", "--purge").catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await kubus("up", "--only=store,apiserver", "--port=0", "--nodes=0", "--detach");
    const folder = join(home, ".kubus", "kubus");
    const text = (...path: string[]) => readFile(join(folder, ...path), "utf8");
    const server = /server: "?(https:[^"\s]+)/.exec(await readFile(kubeconfig, "utf8"))?.[1];
    if (server === undefined) throw new Error("the kubeconfig names no server");
    return {
      access: {
        server,
        ca: await text("pki", "ca.crt"),
        cert: await text("pki", "admin.crt"),
        key: await text("pki", "admin.key"),
      },
      pids: [Number(await text("pid")), Number(await text("nats", "pid"))],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What all the servers used so far, together, and the memory that they had at most. */
export async function usageOfAll(pids: readonly number[]): Promise<Usage> {
  const usages = await Promise.all(pids.map(usageOf));
  return {
    cpuSeconds: usages.reduce((sum, one) => sum + (one?.cpuSeconds ?? 0), 0),
    memoryBytes: usages.reduce((sum, one) => sum + (one?.memoryBytesMax ?? 0), 0),
  };
}
