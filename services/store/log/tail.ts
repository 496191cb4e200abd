/** Follows a stream: hands over each message soon after it is stored, in order, without a gap. */
import {
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  jetstream,
} from "@nats-io/jetstream";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { DamagedError } from "./damage.ts";
import { OutrunError } from "./outrun.ts";
import type { DurableStream, StoredMessage } from "./stream.ts";

export interface TailHandlers {
  /** What it throws ends the tail, and goes to `onFault`. */
  readonly onMessage: (message: StoredMessage) => void;
  /**
   * A DamagedError when a message is missing, an OutrunError when the stream was cut before it was
   * read. The tail has ended.
   */
  readonly onFault: (error: Error) => void;
  /** Something is in the way that may pass; the tail tries again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Bytes that are asked for ahead of what was processed. */
const readAheadBytesMax = 16 * 1024 * 1024;
const apiTimeoutMs = 2_000;
const againMsMin = 100;
const againMsMax = 1_000;
/** Milliseconds that the tail may be behind without a step forward before it is opened anew. */
const stuckMsMax = 500;

/** Reads the stored messages only: what somebody publishes is nothing until the stream has it. */
export class Tail {
  readonly #bus: Bus;
  readonly #world: World;
  readonly #stream: DurableStream;
  readonly #handlers: TailHandlers;
  readonly #ending = new AbortController();
  #next: number;
  #messages: ConsumerMessages | undefined;
  #behindSinceMs: number | undefined;
  #shortSinceMs: number | undefined;

  constructor(
    bus: Bus,
    world: World,
    stream: DurableStream,
    first: number,
    handlers: TailHandlers,
  ) {
    this.#bus = bus;
    this.#world = world;
    this.#stream = stream;
    this.#next = first;
    this.#handlers = handlers;
    // A server that was started anew does not know who was reading.
    const reconnects = bus.onReconnect(() => this.#reopen());
    this.#ending.signal.addEventListener("abort", () => reconnects.unsubscribe());
    void this.#run();
  }

  /** Hands nothing more over. */
  stop(): void {
    this.#ending.abort(new Error("the tail was stopped"));
    this.#reopen();
  }

  /** The stream is known to hold so much: a tail that does not get there is opened anew. */
  expect(sequence: number): void {
    if (sequence < this.#next) {
      this.#behindSinceMs = undefined;
      return;
    }
    const nowMs = this.#world.monotonic();
    this.#behindSinceMs ??= nowMs;
    if (nowMs - this.#behindSinceMs < stuckMsMax) return;
    this.#behindSinceMs = nowMs;
    this.#reopen();
  }

  #reopen(): void {
    // Closing waits for a reader that may be waiting for a message, so nobody waits for it.
    void this.#messages?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    let againMs = againMsMin;
    while (!signal.aborted) {
      try {
        await this.#read();
        againMs = againMsMin;
      } catch (error) {
        if (signal.aborted) return;
        if (isFault(error)) {
          this.stop();
          this.#handlers.onFault(error);
          return;
        }
        this.#handlers.onTrouble(error);
        againMs = Math.min(2 * againMs, againMsMax);
      }
      await this.#world.sleep(againMs, signal).catch(() => undefined);
    }
  }

  /** Until the consumer ends, or gives a message that is not the next. */
  async #read(): Promise<void> {
    const { first, last } = await this.#stream.range();
    if (first > this.#next) throw this.#outrun(first);
    if (this.#isShort(last)) return;
    const { consumers } = jetstream(this.#bus.connection, { timeout: apiTimeoutMs });
    const consumer = await consumers.get(this.#stream.name, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.#next,
    });
    const messages = await consumer.consume({ max_bytes: readAheadBytesMax });
    this.#messages = messages;
    try {
      for await (const { seq: sequence, subject, data: payload } of messages) {
        if (this.#ending.signal.aborted) return;
        // A replica that is behind begins with its own last message.
        if (sequence < this.#next) continue;
        if (sequence > this.#next) return await this.#explain(sequence);
        this.#handlers.onMessage({ sequence, subject, payload });
        this.#next += 1;
        this.#behindSinceMs = undefined;
      }
    } finally {
      this.#messages = undefined;
      void messages.close();
      await consumer.delete().catch(() => false);
    }
  }

  /** Whether the stream shows less than was read of it. Throws when that lasts. */
  #isShort(last: number): boolean {
    if (last >= this.#next - 1) {
      this.#shortSinceMs = undefined;
      return false;
    }
    const nowMs = this.#world.monotonic();
    this.#shortSinceMs ??= nowMs;
    if (nowMs - this.#shortSinceMs < this.#stream.lossMsMin) return true;
    const { name } = this.#stream;
    throw new DamagedError(`${name} ends at message ${last}, message ${this.#next - 1} was read`);
  }

  /** A later message came than the next: was that cut, lost, or only left out? */
  async #explain(came: number): Promise<void> {
    const { first } = await this.#stream.range();
    if (first > this.#next) throw this.#outrun(first);
    const missing = `${this.#stream.name}: message ${this.#next} is missing, ${came} came`;
    try {
      if (!(await this.#stream.message(this.#next))) throw new DamagedError(missing);
    } catch (error) {
      if (!(error instanceof JetStreamApiError)) throw error;
      throw new DamagedError(`${missing}: ${error.message}`);
    }
  }

  #outrun(first: number): OutrunError {
    return new OutrunError(`${this.#stream.name} begins with message ${first} by now`);
  }
}

const isFault = (error: unknown): error is Error =>
  error instanceof DamagedError || error instanceof OutrunError;
