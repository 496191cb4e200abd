/** A cluster's folder: what is written down there about the process that runs it. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../tools/folder.ts";
import { isRunning } from "../tools/process.ts";

/** Facts about a cluster for the other commands. */
export interface ClusterRecord {
  readonly name: string;
  readonly context: string;
  /** Process that runs it. */
  readonly pid: number;
  readonly phase: "starting" | "running";
  /** `https://127.0.0.1:6443`: what is in the kubeconfig. */
  readonly server: string;
  /** Each API server by itself; just `server` where there is one. */
  readonly apiservers?: readonly string[];
  /** Without the token of a server that Kubus runs; with what the user gave for his own. */
  readonly natsUrl: string;
  readonly natsToken: string | undefined;
  readonly prefix: string;
  readonly nodes: readonly string[];
  readonly runtime: string;
  readonly separate: boolean;
  /** A store ran, so that one has to be found again. */
  readonly keepsStore?: boolean;
  /** File that the context was merged into, and the context that was current there before. */
  readonly kubeconfig: string | undefined;
  readonly contextBefore: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface DataFolder {
  readonly path: string;
  readonly log: string;
  readonly console: string;
  readonly nats: string;
  readonly pki: string;
  readonly kubeconfig: string;
}

export const dataFiles = (path: string): DataFolder => ({
  path,
  log: join(path, "kubus.log"),
  console: join(path, "console.txt"),
  nats: join(path, "nats"),
  pki: join(path, "pki"),
  kubeconfig: join(path, "kubeconfig"),
});

const recordFile = (path: string) => join(path, "cluster.json");
const claimFile = (path: string) => join(path, "pid");

export async function writeRecord(path: string, record: ClusterRecord): Promise<void> {
  const file = recordFile(path);
  await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** What was written last, also by a process that has ended; undefined when there is no cluster. */
export async function readRecord(path: string): Promise<ClusterRecord | undefined> {
  const text = await readFile(recordFile(path), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ClusterRecord);
}

/** Id of the process that runs the cluster; undefined when none does. */
export async function runningPid(path: string): Promise<number | undefined> {
  const text = await readFile(claimFile(path), "utf8").catch(() => "");
  const pid = Number(text);
  return pid > 0 && (await isRunning(pid, "kubus")) ? pid : undefined;
}

/**
 * Makes this process the one that runs the cluster. Resolves with undefined when it does, else with
 * the id of the process that does already.
 */
export async function claim(path: string): Promise<number | undefined> {
  await makeFolder(path);
  for (;;) {
    try {
      await writeFile(claimFile(path), String(process.pid), { flag: "wx", mode: 0o600 });
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await runningPid(path);
    if (owner !== undefined && owner !== process.pid) return owner;
    // Left over by a process that was killed.
    await rm(claimFile(path), { force: true });
  }
}

export async function release(path: string): Promise<void> {
  await rm(claimFile(path), { force: true });
}
