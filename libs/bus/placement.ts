/** How the servers of one NATS cluster get to know each other, until they keep streams together. */
import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { realWorld } from "#libs/actor/world.ts";

/**
 * Starts the servers of a new cluster, each when those before it know each other. When all are
 * started at once, nats-server 2.10 now and then elects a leader whose group never takes in the one
 * that answered last: "no suitable peers for placement" for good. Servers that were together before
 * may start at once.
 * @param untilKnown resolves when so many servers keep streams together
 */
export async function startInTurn<Server>(
  starts: readonly (() => Promise<Server>)[],
  untilKnown: (started: readonly Server[]) => Promise<void>,
): Promise<Server[]> {
  // Fewer elect nobody.
  const majority = Math.floor(starts.length / 2) + 1;
  const started = await Promise.all(starts.slice(0, majority).map((start) => start()));
  for (const start of starts.slice(majority)) {
    await untilKnown(started);
    started.push(await start());
  }
  return started;
}

const electionMsMax = 60_000;
const electionPollMs = 100;
const askMs = 1_000;

/** Resolves when a leader is elected: only then are there streams. Rejects after 60 s. */
export async function untilLed(connection: NatsConnection): Promise<JetStreamManager> {
  const deadline = realWorld.monotonic() + electionMsMax;
  while (true) {
    try {
      return await jetstreamManager(connection, { timeout: askMs });
    } catch (error) {
      if (realWorld.monotonic() > deadline) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`the NATS servers found no leader: ${reason}`, { cause: error });
      }
    }
    await realWorld.sleep(electionPollMs);
  }
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
