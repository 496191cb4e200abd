/** Reads a stream in order, and notices when the server cannot give a message. */
import { DeliverPolicy, JetStreamApiError, type JsMsg, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { World } from "#libs/actor/world.ts";
import { DamagedError } from "./damage.ts";
import type { DurableStream, StoredMessage } from "./stream.ts";

/** Bytes that are asked for ahead of what was processed. */
const readAheadBytesMax = 16 * 1024 * 1024;
const apiTimeoutMs = 5_000;
/** Milliseconds of silence after which the next message is asked for by itself. */
const silentMs = 1_000;
/** Silences with the message at hand, after which the consumer is given up. */
const silencesMax = 5;

/**
 * Messages `first` to `last`, all of them. Throws DamagedError when one is missing or unreadable: a
 * server that finds a damaged message while it delivers just stops.
 */
export async function* readInOrder(
  connection: NatsConnection,
  world: World,
  stream: DurableStream,
  first: number,
  last: number,
): AsyncGenerator<StoredMessage> {
  if (first > last) return;
  const { consumers } = jetstream(connection, { timeout: apiTimeoutMs });
  const consumer = await consumers.get(stream.name, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: first,
  });
  const messages = await consumer.consume({ max_bytes: readAheadBytesMax });
  const incoming = messages[Symbol.asyncIterator]();
  try {
    for (let sequence = first; sequence <= last; sequence += 1) {
      const { seq, subject, data: payload } = await next(world, stream, incoming, sequence);
      if (seq !== sequence) throw new DamagedError(missing(stream.name, sequence));
      // The message may lie in a buffer that is much larger than it.
      yield { sequence, subject, payload: payload.slice() };
    }
  } finally {
    // Closing waits for a reader that may be waiting for a message, so nobody waits for it.
    void messages.close();
    void incoming.return?.();
    await consumer.delete().catch(() => false);
  }
}

/** The next message, however long it takes, unless the server has it not. */
async function next(
  world: World,
  stream: DurableStream,
  incoming: AsyncIterator<JsMsg>,
  sequence: number,
): Promise<JsMsg> {
  const arrival = incoming.next();
  for (let silences = 0; silences < silencesMax; silences += 1) {
    const result = await Promise.race([arrival, silence(world, arrival)]);
    if (result === "silent") {
      await expectMessage(stream, sequence);
    } else if (result.done) {
      throw new Error(`reading ${stream.name} ended at message ${sequence}`);
    } else {
      return result.value;
    }
  }
  throw new Error(`reading ${stream.name} came to a halt at message ${sequence}`);
}

function silence(world: World, arrival: Promise<unknown>): Promise<"silent"> {
  return new Promise((resolve) => {
    const cancel = world.after(silentMs, () => resolve("silent"));
    arrival.then(cancel, cancel);
  });
}

async function expectMessage(stream: DurableStream, sequence: number): Promise<void> {
  try {
    if (await stream.message(sequence)) return;
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    throw new DamagedError(`${stream.name}, message ${sequence}: ${error.message}`);
  }
  throw new DamagedError(missing(stream.name, sequence));
}

const missing = (stream: string, sequence: number) => `${stream}: message ${sequence} is missing`;
