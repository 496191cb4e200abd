/**
 * A Deployment of many pods on simulated nodes, from `kubectl create` until every pod is Ready.
 * Time passes faster on an idle machine; the CPU seconds are what the work itself costs.
 * Options: `--pods N` (1,000), `--nodes N` (10).
 */
import { realWorld } from "#libs/actor/world.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { mustRun } from "../../infra/tools/command.ts";
import { usageOf } from "../../infra/tools/process.ts";
import { startCluster } from "./cluster/kubus.ts";

const rolloutMsMax = 600_000;

export async function run(args: readonly string[]) {
  const option = (name: string, otherwise: number) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : Number(args[at + 1]);
  };
  const pods = option("--pods", 1_000);
  const nodes = option("--nodes", 10);
  const kubectl = (await ensureKubectl(process.env)).path;
  const cluster = await startCluster("--runtime=simulated", `--nodes=${nodes}`);
  const { env, kubusPid, natsPid } = cluster;
  const ask = (...words: string[]) => mustRun(kubectl, words, { env, timeoutMs: rolloutMsMax });
  try {
    const pids = [
      { name: "kubus", pid: kubusPid },
      { name: "nats-server", pid: natsPid },
    ];
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
    await cluster.stop();
  }
}
