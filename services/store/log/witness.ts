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
import { seal, sealOf, unsealed } from "./seal.ts";
import type { DurableStream } from "./stream.ts";

const format = 1;
/** Milliseconds that the word may be behind the log. */
const behindMs = 100;
/** Other stores that write at the same time, one after the other. */
const attemptsMax = 3;

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

export interface WitnessOptions {
  readonly heads: DurableStream;
  readonly bus: Bus;
  readonly world: World;
  readonly log: Logger;
  /** How far the log is acknowledged now; undefined while it is closed. */
  readonly position: () => LogPosition | undefined;
}

export class Witness {
  readonly #options: WitnessOptions;
  #written = 0;
  /** Sequence of the word before, in its own stream; undefined when it must be looked up. */
  #headSequence: number | undefined;
  #cancel: (() => void) | undefined;
  /** Counts stops: what was begun before one ends without a look at the log. */
  #stops = 0;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  /** The log was written. */
  note(): void {
    const stops = this.#stops;
    this.#cancel ??= this.#options.world.after(behindMs, () => {
      void this.write().then(() => {
        // The log may be closed by now, and its position gone with it.
        if (stops !== this.#stops) return;
        this.#cancel = undefined;
        if ((this.#options.position()?.sequence ?? 0) > this.#written) this.note();
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
    const position = this.#options.position();
    if (position === undefined || position.sequence === this.#written) return;
    try {
      await this.#store(position);
    } catch (error) {
      this.#headSequence = undefined;
      this.#options.log.warn({ err: error }, "how far the log was written could not be noted");
    }
    this.#written = position.sequence;
  }

  /** A leader that was deposed must not take back what its successor says: who says more wins. */
  async #store({ sequence: logSequence, crc: logCrc, nextRevision }: LogPosition): Promise<void> {
    const { heads, bus, world } = this.#options;
    const timeMs = world.now();
    const head = { format, logSequence, logCrc, revision: nextRevision - 1, timeMs, crc: unsealed };
    const { payload } = seal(logHead.encode(head));
    const subject = bus.subjects.logHead();
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      this.#headSequence ??= (await heads.range()).last;
      const outcome = await heads.append(subject, payload, this.#headSequence);
      if (outcome.type === "Appended") {
        this.#headSequence = outcome.sequence;
        return;
      }
      if (outcome.type === "Unavailable") throw new Error(outcome.message);
      this.#headSequence = undefined;
      const said = await readTestimony(heads, bus, this.#options.log);
      if (said && said.sequence >= logSequence) return;
    }
    throw new Error("others keep writing it");
  }
}
