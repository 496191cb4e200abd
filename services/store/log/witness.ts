/**
 * A second, independent word on how far the log was written. A nats-server that finds a damaged
 * message when it starts drops it with all that follow, and the log that is left looks whole.
 */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { logHead } from "../wire.ts";
import { DamagedError } from "./damage.ts";
import type { LogPosition } from "./position.ts";
import { seal, sealOf } from "./seal.ts";
import type { DurableStream } from "./stream.ts";

const format = 1;
/** Milliseconds that the word may be behind the log. */
const behindMs = 100;
const writeTimeoutMs = 2_000;

/** The least that the log must hold. */
export interface Testimony {
  readonly sequence: number;
  readonly crc: number;
}

/** Undefined when there is none, or none that can be read: then the log speaks for itself. */
export async function readTestimony(
  heads: DurableStream,
  bus: Bus,
  log: Logger,
): Promise<Testimony | undefined> {
  const message = await heads.lastOn(bus.subjects.logHead());
  if (!message) return undefined;
  if (sealOf(message.payload) === undefined) {
    log.error(`the word on how far the log was written is damaged (${heads.name})`);
    return undefined;
  }
  const { logSequence: sequence, logCrc: crc } = logHead.decode(message.payload);
  return { sequence, crc };
}

/** Throws DamagedError when the log that was read is not the one that was written. */
export function checkTestimony({ sequence, crc }: Testimony, read: LogPosition): void {
  if (read.sequence < sequence) {
    const lost = `messages ${read.sequence + 1} to ${sequence} were acknowledged and are lost`;
    throw new DamagedError(`the log ends at message ${read.sequence}: ${lost}`);
  }
  if (read.sequence === sequence && read.crc !== crc) {
    throw new DamagedError(`log message ${sequence} is not the one that was acknowledged`);
  }
}

export class Witness {
  readonly #bus: Bus;
  readonly #world: World;
  readonly #log: Logger;
  readonly #position: () => LogPosition | undefined;
  #written = 0;
  #cancel: (() => void) | undefined;
  /** Counts stops: what was begun before one ends without a look at the log. */
  #stops = 0;

  /** @param position how far the log is acknowledged now; undefined while it is closed */
  constructor(bus: Bus, world: World, log: Logger, position: () => LogPosition | undefined) {
    this.#bus = bus;
    this.#world = world;
    this.#log = log;
    this.#position = position;
  }

  /** The log was written. */
  note(): void {
    const stops = this.#stops;
    this.#cancel ??= this.#world.after(behindMs, () => {
      void this.write().then(() => {
        // The log may be closed by now, and its position gone with it.
        if (stops !== this.#stops) return;
        this.#cancel = undefined;
        if ((this.#position()?.sequence ?? 0) > this.#written) this.note();
      });
    });
  }

  stop(): void {
    this.#stops += 1;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Resolves when it is stored; a failure is only logged, since the log itself is whole. */
  async write(): Promise<void> {
    const position = this.#position();
    if (position === undefined || position.sequence === this.#written) return;
    const { sequence: logSequence, crc: logCrc, nextRevision } = position;
    const timeMs = this.#world.now();
    const head = { format, logSequence, logCrc, revision: nextRevision - 1, timeMs, crc: 0 };
    const { payload } = seal(logHead.encode(head));
    try {
      const options = { timeoutMs: writeTimeoutMs };
      const answer = await this.#bus.request(this.#bus.subjects.logHead(), payload, options);
      const { error } = JSON.parse(new TextDecoder().decode(answer)) as PubAck;
      if (error) throw new Error(error.description);
    } catch (error) {
      this.#log.warn({ err: error }, "how far the log was written could not be noted");
    }
    this.#written = logSequence;
  }
}

interface PubAck {
  readonly error?: { readonly description: string };
}
