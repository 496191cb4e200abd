/** Copies of what a cluster keeps on servers that the user runs. */
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { untilPlaceable } from "#libs/bus/placement.ts";
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
