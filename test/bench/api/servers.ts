/** The servers that are measured: a Kubus of our own, or those that the user names. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { usageOf } from "../../../infra/tools/process.ts";
import { startCluster } from "../cluster/kubus.ts";
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

/** An API server, a store and a nats-server, with nothing else that would use the CPU. */
export async function startKubus(): Promise<Servers> {
  const cluster = await startCluster("--only=store,apiserver", "--nodes=0");
  const { kubeconfig, folder, kubusPid, natsPid, stop } = cluster;
  const server = /server: "?(https:[^"\s]+)/.exec(await readFile(kubeconfig, "utf8"))?.[1];
  if (server === undefined) throw new Error("the kubeconfig names no server");
  const text = (file: string) => readFile(join(folder, "pki", file), "utf8");
  const [ca, cert, key] = await Promise.all(["ca.crt", "admin.crt", "admin.key"].map(text));
  return {
    access: { server, ca, cert: cert ?? "", key: key ?? "" },
    pids: [kubusPid, natsPid],
    stop,
  };
}

/** What all the servers used so far, together, and the memory that they had at most. */
export async function usageOfAll(pids: readonly number[]): Promise<Usage> {
  const usages = await Promise.all(pids.map(usageOf));
  return {
    cpuSeconds: usages.reduce((sum, one) => sum + (one?.cpuSeconds ?? 0), 0),
    memoryBytes: usages.reduce((sum, one) => sum + (one?.memoryBytesMax ?? 0), 0),
  };
}
