/** `kubus down`: ends a cluster, also one whose process was killed. */
import { rm } from "node:fs/promises";
import { realWorld } from "#libs/actor/world.ts";
import { keptFolders } from "../../nats/members.ts";
import { endLeftoverServer } from "../../nats/server.ts";
import { errorText } from "../../tools/error-text.ts";
import { endProcess } from "../../tools/process.ts";
import { purgeStreams } from "../../nats/purge.ts";
import { connectToCluster, type WhichCluster } from "../access.ts";
import { type ClusterRecord, dataFiles, readRecord, release, runningPid } from "../data.ts";
import { removeLeftovers } from "../docker.ts";
import { removeCluster } from "../kubeconfig/file.ts";
import { dataFolder } from "../options.ts";

export interface DownOptions extends WhichCluster {
  readonly purge?: boolean;
}

/** Longer than the components together need for an orderly end. */
const stopMsMax = 30_000;

export async function down({ name, data, purge }: DownOptions): Promise<void> {
  const folder = dataFolder(name, data, process.env);
  const pid = await runningPid(folder);
  if (pid !== undefined) await endProcess(pid, realWorld, stopMsMax);
  const record = await readRecord(folder);
  if (record) {
    // All of this is done already when the process could end in order.
    const servers = await keptFolders(dataFiles(folder).nats);
    await Promise.all(servers.map((server) => endLeftoverServer(server, realWorld)));
    if (record.runtime === "docker") await removeContainers(folder);
    if (record.kubeconfig) {
      await removeCluster(record.kubeconfig, record.context, record.contextBefore);
    }
    await release(folder);
  }
  process.stdout.write(pid === undefined ? `${name} does not run\n` : `${name} ended\n`);
  if (!purge || !record) return;
  // The streams on a server of its own go with the folder.
  if (record.natsToken === undefined) await purgeUsersServer(record);
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`${folder} is deleted\n`);
}

async function purgeUsersServer(record: ClusterRecord): Promise<void> {
  const bus = await connectToCluster(record, "down", realWorld);
  try {
    const names = await purgeStreams(bus.connection, record.prefix);
    process.stdout.write(`streams ${names.join(", ") || "none"} are deleted\n`);
  } finally {
    await bus.close();
  }
}

/** An engine that does not answer keeps nobody from ending the rest. */
async function removeContainers(folder: string): Promise<void> {
  try {
    const count = await removeLeftovers(folder);
    if (count > 0) process.stdout.write(`${count} containers are removed\n`);
  } catch (error) {
    process.stderr.write(`kubus: containers were not removed: ${errorText(error)}\n`);
  }
}
