/** Removes what a cluster kept on a server that the user runs. */
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";

/** Deletes the streams that hold subjects of that prefix; resolves with their names. */
export async function purgeStreams(connection: NatsConnection, prefix: string): Promise<string[]> {
  const manager = await jetstreamManager(connection);
  const names: string[] = [];
  for await (const name of manager.streams.names(`${prefix}.>`)) names.push(name);
  for (const name of names) await manager.streams.delete(name);
  return names;
}
