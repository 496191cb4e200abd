/** `kubus up`: starts a cluster and runs it until a signal. */
import { realWorld } from "#libs/actor/world.ts";
import { Cluster } from "../cluster.ts";
import { claim, readRecord, release } from "../data.ts";
import { copyLines } from "../farewell.ts";
import { addCluster, kubeconfigPath } from "../kubeconfig/file.ts";
import { readSettings, type Settings, type UpOptions } from "../options.ts";
import { runSteps } from "../progress.ts";
import { errorText } from "../../tools/error-text.ts";
import { readAccess } from "../access.ts";
import { startDetached } from "../detach.ts";
import { onStopSignal } from "../signals.ts";

export async function up(options: UpOptions): Promise<void> {
  const settings = readSettings(options, process.env);
  if (settings.detach) {
    await startDetached(settings);
    return;
  }
  const owner = await claim(settings.data);
  if (owner !== undefined) {
    await tellRunning(settings, owner);
    return;
  }
  try {
    await run(settings);
  } catch (error) {
    process.stderr.write(`kubus: ${errorText(error)}\n`);
    process.exitCode = 1;
  } finally {
    await release(settings.data);
  }
  // Everything was ended in order; nothing that a component forgot may keep the process.
  process.exit();
}

async function run(settings: Settings): Promise<void> {
  const started = realWorld.monotonic();
  const cluster = await Cluster.prepare(settings, process.env, realWorld);
  const signal = onStopSignal();
  try {
    const starting = runSteps(cluster.steps(), process.stdout, realWorld);
    // A signal during the start ends it: what it is busy with fails once the cluster stops.
    const interrupted = await Promise.race([starting.then(() => false), signal.then(() => true)]);
    if (interrupted) {
      starting.catch(() => undefined);
      return;
    }
    await cluster.markRunning();
    const seconds = ((realWorld.monotonic() - started) / 1000).toFixed(2);
    for (const warning of cluster.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(copyLines(cluster.settings, cluster.bus.address, seconds));
    const name = await signal;
    process.stdout.write(`\n${name}: ending ${settings.name} …\n`);
  } finally {
    await cluster.stop();
  }
}

/** Idempotent: what the running cluster gave the user is given again. */
async function tellRunning(settings: Settings, owner: number): Promise<void> {
  const record = await readRecord(settings.data);
  if (record?.pid !== owner) {
    const busy = `process ${owner} starts the cluster, or works on its store`;
    process.stderr.write(`kubus: ${settings.data} is in use: ${busy}\n`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`${settings.name} already runs (process ${owner})\n`);
  if (record?.phase !== "running" || !record.kubeconfig) return;
  const file = settings.kubeconfig ?? record.kubeconfig;
  await addCluster(
    await kubeconfigPath(file, process.env),
    await readAccess(settings.data, record),
  );
  const address = { servers: record.natsUrl, token: record.natsToken, prefix: record.prefix };
  process.stdout.write(copyLines(settings, address, undefined));
}
