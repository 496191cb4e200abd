/** Copies of what a cluster keeps on servers that the user runs. */
import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { realWorld } from "#libs/actor/world.ts";
import { errorText } from "../tools/error-text.ts";

const apiTimeoutMs = 10_000;

/**
 * Gives the streams that hold subjects of that prefix so many copies; the servers make and drop
 * them by themselves while they are written. Resolves with the names of those that were changed.
 * Rejects with the servers' words when there are not that many servers.
 */
export async function setReplicas(
  connection: NatsConnection,
  prefix: string,
  replicas: number,
): Promise<string[]> {
  const manager = await jetstreamManager(connection, { timeout: apiTimeoutMs });
  const changed: string[] = [];
  try {
    await untilPlaceable(manager, prefix, replicas);
    for await (const { config } of manager.streams.list(`${prefix}.>`)) {
      if (config.num_replicas === replicas) continue;
      await manager.streams.update(config.name, { ...config, num_replicas: replicas });
      changed.push(config.name);
    }
  } catch (error) {
    throw new Error(`--replicas ${replicas}: ${errorText(error)}`);
  }
  return changed;
}

const noSuitablePeers = 10_005;
/** Servers that just started do not know all of each other yet. */
const peersMsMax = 5_000;
const peersPollMs = 250;

/**
 * Resolves when a stream can have so many copies: that is found out before a store waits for it in
 * vain. Rejects with the servers' words when it cannot within five seconds.
 */
export async function untilPlaceable(
  manager: JetStreamManager,
  prefix: string,
  replicas: number,
): Promise<void> {
  const name = `PROBE_${prefix}`;
  const deadline = realWorld.monotonic() + peersMsMax;
  // One may be left over by a process that was killed just then.
  await manager.streams.delete(name).catch(() => false);
  while (true) {
    try {
      await manager.streams.add({ name, storage: StorageType.Memory, num_replicas: replicas });
      break;
    } catch (error) {
      const isMissingPeer = error instanceof JetStreamApiError && error.code === noSuitablePeers;
      if (!isMissingPeer || realWorld.monotonic() > deadline) throw error;
      await realWorld.sleep(peersPollMs);
    }
  }
  await manager.streams.delete(name);
}
