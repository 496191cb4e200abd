/** Copies of what a cluster keeps on servers that the user runs. */
import { jetstreamManager, StorageType } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
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
    // Whether so many are possible is found out before a store waits for it in vain.
    const probe = `PROBE_${prefix}`;
    // One may be left over by a process that was killed just then.
    await manager.streams.delete(probe).catch(() => false);
    await manager.streams.add({ name: probe, storage: StorageType.Memory, num_replicas: replicas });
    await manager.streams.delete(probe);
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
