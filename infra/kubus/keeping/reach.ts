/** Reaches what a cluster's store keeps, whether the cluster runs or not. */
import pino from "pino";
import { realWorld, type World } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { connectToCluster } from "../access.ts";
import { ownBus } from "../bus.ts";
import { claim, type ClusterRecord, dataFiles, readRecord, release, runningPid } from "../data.ts";
import { type AskedLayout, type Layout, readLayout, settleLayout, usualLayout } from "../layout.ts";
import { contextOf, dataFolder } from "../options.ts";
import { connectTo } from "../runners/runner.ts";

export interface Reached {
  readonly bus: NatsBus;
  readonly world: World;
  readonly layout: Layout;
  /** The cluster's folder. */
  readonly folder: string;
  readonly isRunning: boolean;
}

export interface Which {
  readonly name: string;
  readonly data?: string;
  /** A server of the user's, for a cluster that has no folder here yet. */
  readonly natsUrl?: string;
  /** For a folder that is new. */
  readonly layout?: AskedLayout;
}

/**
 * Runs a task on the cluster's bus. Of a cluster that is down the NATS servers are started for as
 * long as the task takes, and the folder is claimed, so that nobody starts the cluster meanwhile.
 */
export async function withKept<Result>(
  which: Which,
  task: (reached: Reached) => Promise<Result>,
): Promise<Result> {
  const folder = dataFolder(which.name, which.data, process.env);
  const record = await readRecord(folder);
  const owner = await runningPid(folder);
  const usersUrl = which.natsUrl ?? (record && !record.natsToken ? record.natsUrl : undefined);
  const kept = (await readLayout(folder)) ?? (record && usualLayout);
  const layout = settleLayout(which.layout ?? {}, kept, usersUrl !== undefined);
  const reached = { world: realWorld, layout, folder, isRunning: owner !== undefined };
  if (owner !== undefined && record?.pid !== owner) throw inUse(folder, owner);
  if (owner !== undefined && record?.pid === owner) {
    return onBus(await connectToCluster(record, "store", realWorld), reached, task);
  }
  if (usersUrl !== undefined) {
    const prefix = record?.prefix ?? contextOf(which.name);
    const address = { servers: usersUrl, token: undefined, prefix };
    return onBus(await connectTo(address, "store", realWorld), reached, task);
  }
  return onOwnServers(which, folder, record, reached, task);
}

const inUse = (folder: string, owner: number): Error =>
  new Error(`${folder} is in use: process ${owner} starts the cluster, or works on its store`);

async function onBus<Result>(
  bus: NatsBus,
  reached: Omit<Reached, "bus">,
  task: (reached: Reached) => Promise<Result>,
): Promise<Result> {
  try {
    return await task({ ...reached, bus });
  } finally {
    await bus.close();
  }
}

async function onOwnServers<Result>(
  { name, layout: asked }: Which,
  folder: string,
  record: ClusterRecord | undefined,
  reached: Omit<Reached, "bus">,
  task: (reached: Reached) => Promise<Result>,
): Promise<Result> {
  if (!record && !asked && (await readLayout(folder)) === undefined) {
    throw new Error(`there is no cluster ${name} (${folder}); start it with kubus up`);
  }
  const owner = await claim(folder);
  if (owner !== undefined) throw inUse(folder, owner);
  try {
    const bus = await ownBus({
      folder: dataFiles(folder).nats,
      servers: reached.layout.busServers,
      prefix: record?.prefix ?? contextOf(name),
      env: process.env,
      log: pino({ level: "silent" }),
      world: realWorld,
    });
    try {
      return await onBus(await connectTo(bus.address, "store", realWorld), reached, task);
    } finally {
      await bus.stop();
    }
  } finally {
    await release(folder);
  }
}
