/** A Kubus of a benchmark's own, in a home of its own. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../infra/tools/cache.ts";
import { mustRun } from "../../../infra/tools/command.ts";

export interface BenchCluster {
  /** For kubectl and kubus. */
  readonly env: NodeJS.ProcessEnv;
  readonly kubeconfig: string;
  /** The cluster's own: certificates, logs. */
  readonly folder: string;
  readonly kubusPid: number;
  readonly natsPid: number;
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, "..", "..", "..", "infra", "kubus", "main.ts");
const startMsMax = 600_000;

/** @param words what follows `kubus up` */
export async function startCluster(...words: string[]): Promise<BenchCluster> {
  const home = await mkdtemp(join(tmpdir(), "kubus-bench-"));
  const { NATS_URL: _, ...rest } = process.env;
  const kubeconfig = join(home, "kubeconfig");
  const env = { ...rest, HOME: home, KUBECONFIG: kubeconfig, KUBUS_CACHE: cacheFolder() };
  const kubus = (...args: string[]) =>
    mustRun(process.execPath, [main, ...args], { env, timeoutMs: startMsMax });
  const stop = async () => {
    await kubus("down", "--purge").catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await kubus("up", "--port=0", "--detach", ...words);
    const folder = join(home, ".kubus", "kubus");
    const pid = async (...path: string[]) => Number(await readFile(join(folder, ...path), "utf8"));
    const [kubusPid, natsPid] = await Promise.all([pid("pid"), pid("nats", "pid")]);
    return { env, kubeconfig, folder, kubusPid, natsPid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
