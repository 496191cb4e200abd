/**
 * From `kubus up` to the first successful `kubectl get nodes`, on a machine that is set up: how
 * long somebody waits who starts a cluster. Options: `--rounds N` (5).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { ensureKubectl } from "../../infra/kubectl/find.ts";
import { cacheFolder, root } from "../../infra/tools/cache.ts";
import { capture } from "../../infra/tools/command.ts";
import { freePort } from "../../infra/kubus/ports.ts";

const launcher = join(root, "infra", "kubus", "bin", "kubus.mjs");
const roundMsMax = 60_000;

export async function run(args: readonly string[]) {
  const at = args.indexOf("--rounds");
  const rounds = at < 0 ? 5 : Number(args[at + 1]);
  const kubectl = (await ensureKubectl(process.env)).path;
  const fresh: number[] = [];
  const again: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const home = await mkdtemp(join(tmpdir(), "kubus-bench-"));
    try {
      fresh.push(await measure(kubectl, home));
      again.push(await measure(kubectl, home));
    } finally {
      await rm(home, { recursive: true, force: true });
    }
    process.stderr.write(`round ${round + 1}: ${fresh.at(-1)} ms, again ${again.at(-1)} ms\n`);
  }
  return [
    ...measured("first start of a cluster", fresh),
    ...measured("start of a cluster that was there", again),
  ];
}

/** Milliseconds of one start; the cluster is ended afterwards. */
async function measure(kubectl: string, home: string): Promise<number> {
  const kubeconfig = join(home, "kubeconfig");
  const port = String(await freePort("127.0.0.1", 0));
  const { NATS_URL: _, ...rest } = process.env;
  const env = { ...rest, HOME: home, KUBECONFIG: kubeconfig, KUBUS_CACHE: cacheFolder() };
  const started = realWorld.monotonic();
  const args = ["up", "--runtime", "simulated", "--port", port];
  const child = spawn("node", [launcher, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  try {
    while (true) {
      const { code, stdout } = await capture(kubectl, ["get", "nodes", "--no-headers"], { env });
      const took = realWorld.monotonic() - started;
      if (code === 0 && stdout.includes("-node-1")) return Math.round(took);
      if (took > roundMsMax) throw new Error(`no node after ${roundMsMax} ms`);
      await realWorld.sleep(10);
    }
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

function measured(name: string, values: readonly number[]) {
  const sorted = values.toSorted((first, second) => first - second);
  return [
    { name: `${name}, median of ${values.length}`, value: median(sorted), unit: "ms" },
    { name: `${name}, least`, value: sorted[0] ?? 0, unit: "ms" },
    { name: `${name}, most`, value: sorted.at(-1) ?? 0, unit: "ms" },
  ];
}

/** The one in the middle, or half-way between the two that are. */
function median(sorted: readonly number[]): number {
  const below = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const above = sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0;
  return (below + above) / 2;
}
