/**
 * A Deployment of many pods on simulated nodes, from `kubectl create` until every pod is Ready.
 * Time passes faster on an idle machine; the CPU seconds are what the work itself costs.
 * Options: `--pods N` (1,000), `--nodes N` (10).
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { cacheFolder } from "../../infra/tools/cache.ts";
import { mustRun } from "../../infra/tools/command.ts";
import { usageOf } from "../../infra/tools/process.ts";

const main = join(import.meta.dirname, "..", "..", "infra", "kubus", "main.ts");
const rolloutMsMax = 600_000;

export async function run(args: readonly string[]) {
  const option = (name: string, otherwise: number) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : Number(args[at + 1]);
  };
  const pods = option("--pods", 1_000);
  const nodes = option("--nodes", 10);
  const home = await mkdtemp(join(tmpdir(), "kubus-bench-"));
  const { NATS_URL: _, ...rest } = process.env;
  const kubeconfig = join(home, "kubeconfig");
  const env = { ...rest, HOME: home, KUBECONFIG: kubeconfig, KUBUS_CACHE: cacheFolder() };
  const kubectl = (await ensureKubectl(process.env)).path;
  const ask = (...words: string[]) => mustRun(kubectl, words, { env, timeoutMs: rolloutMsMax });
  const kubus = (...words: string[]) =>
    mustRun(process.execPath, [main, ...words], { env, timeoutMs: rolloutMsMax });
  try {
    await kubus("up", "--runtime=simulated", "--port=0", `--nodes=${nodes}`, "--detach");
    const pids = await pidsOf(join(home, ".kubus", "kubus"));
    const before = await Promise.all(pids.map(({ pid }) => usageOf(pid)));
    const started = realWorld.monotonic();
    await ask("create", "deployment", "bench", "--image=bench", `--replicas=${pods}`);
    await ask("rollout", "status", "deployment/bench", "--timeout=600s");
    const seconds = (realWorld.monotonic() - started) / 1_000;
    const usage = await Promise.all(
      pids.map(async ({ name, pid }, index) => {
        const { cpuSeconds = 0, memoryBytesMax = 0 } = (await usageOf(pid)) ?? {};
        const spent = cpuSeconds - (before[index]?.cpuSeconds ?? 0);
        return [
          { name: `${name}: CPU`, value: spent, unit: "s" },
          { name: `${name}: memory at most`, value: memoryBytesMax / 2 ** 20, unit: "MiB" },
        ];
      }),
    );
    return [
      { name: `${pods} pods on ${nodes} nodes to Ready`, value: seconds, unit: "s" },
      { name: "pods a second", value: pods / seconds, unit: "1/s" },
      ...usage.flat(),
    ];
  } finally {
    await kubus("down", "--purge").catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}

/** The processes that do the work. */
async function pidsOf(folder: string): Promise<{ name: string; pid: number }[]> {
  const read = async (...path: string[]) => Number(await readFile(join(folder, ...path), "utf8"));
  return [
    { name: "kubus", pid: await read("pid") },
    { name: "nats-server", pid: await read("nats", "pid") },
  ];
}
