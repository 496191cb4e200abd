/** What a running cluster's other commands need to reach it. */
import type { World } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { readPki } from "../certs/pki.ts";
import { type ClusterRecord, dataFiles, readRecord, runningPid } from "./data.ts";
import type { ClusterAccess } from "./kubeconfig/merge.ts";
import { dataFolder } from "./options.ts";
import { connectTo } from "./runners/runner.ts";

export interface WhichCluster {
  readonly name: string;
  readonly data?: string;
}

/** Rejects with a clear message when no such cluster runs. */
export async function runningCluster(
  which: WhichCluster,
): Promise<{ readonly folder: string; readonly record: ClusterRecord }> {
  const folder = dataFolder(which.name, which.data, process.env);
  const [pid, record] = await Promise.all([runningPid(folder), readRecord(folder)]);
  if (pid === undefined || !record) {
    throw new Error(`${which.name} does not run (no process of ${folder}); start it with kubus up`);
  }
  return { folder, record };
}

export async function readAccess(folder: string, record: ClusterRecord): Promise<ClusterAccess> {
  const { ca, admin } = await readPki(dataFiles(folder).pki);
  return { context: record.context, server: record.server, ca, ...admin };
}

/** A connection to the running cluster's bus. */
export function connectToCluster(
  { natsUrl, natsToken, prefix }: ClusterRecord,
  user: string,
  world: World,
): Promise<NatsBus> {
  return connectTo({ servers: natsUrl, token: natsToken, prefix }, user, world);
}
