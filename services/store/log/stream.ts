/** A JetStream stream that one writer appends to, and that is read in order. */
import {
  type JetStreamManager,
  JetStreamApiError,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
  jetstreamManager,
} from "@nats-io/jetstream";
import { type Msg, createInbox, headers } from "@nats-io/nats-core";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { DamagedError } from "./damage.ts";
import { readInOrder } from "./reader.ts";
import { Tail, type TailHandlers } from "./tail.ts";

export interface StreamOptions {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly replicas: number;
  /** "newest": only the last message of each subject is of any use. */
  readonly keeps: "all" | "newest";
}

export interface StreamLimits {
  /** Milliseconds to wait for one answer before the same message is sent again. */
  readonly appendTimeoutMs: number;
  /** Milliseconds after which an append whose fate is unknown is given up. */
  readonly appendMsMax: number;
  /** Milliseconds that a stream may be without JetStream or a leader before that is told. */
  readonly settlingMsMax: number;
  /**
   * Milliseconds that a stream must hold less than it acknowledged before that counts as a loss.
   * Above 0 with replicas: one that was just elected may not have applied all that it has.
   */
  readonly lossMsMin: number;
}

export interface StoredMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly payload: Uint8Array;
}

export type AppendOutcome =
  | { readonly type: "Appended"; readonly sequence: number }
  /** Surely not stored: the disk is full, or JetStream is off. */
  | { readonly type: "Unavailable"; readonly message: string; readonly isFull: boolean }
  /** Somebody else wrote: this writer is not the leader any more. */
  | { readonly type: "Fenced"; readonly message: string }
  /** The stream is shorter than what it acknowledged. */
  | { readonly type: "Lost"; readonly message: string }
  /** No answer for too long. It may be stored or not. */
  | { readonly type: "Unknown"; readonly message: string };

interface PubAck {
  readonly seq?: number;
  readonly error?: {
    readonly code: number;
    readonly err_code?: number;
    readonly description: string;
  };
}

const expectedSequenceHeader = "Nats-Expected-Last-Sequence";
const wrongLastSequence = 10_071;
const streamNotFound = 10_059;
const temporarilyUnavailable = 10_008;
/** Limits of the account, of the server, of its disk as it was when it started. */
const limitsExceeded: ReadonlySet<number> = new Set([10_002, 10_023, 10_047]);
/** The file could not be written: ENOSPC, or a limit of the stream; the text says which. */
const storeFailed = 10_077;
const apiTimeoutMs = 5_000;
/** Questions are answered from memory, or were lost with a connection: asked again soon. */
const questionTimeoutMs = 1_000;
const retryMs = 100;

/**
 * Opens a stream, and makes it when it is not there. Rejects with an error of NATS when JetStream
 * cannot be reached, and with DamagedError when the stream is set to lose messages.
 */
export async function openStream(
  bus: Bus,
  world: World,
  options: StreamOptions,
  limits: StreamLimits,
): Promise<DurableStream> {
  const manager = await jetstreamManager(bus.connection, {
    checkAPI: false,
    timeout: apiTimeoutMs,
  });
  const info = await ensure(manager, options);
  const fault = faultOf(info.config, options);
  if (fault) throw new DamagedError(`stream ${options.name} ${fault}; it would lose writes`);
  const asking = await jetstreamManager(bus.connection, {
    checkAPI: false,
    timeout: questionTimeoutMs,
  });
  return new DurableStream(bus, world, options.name, limits, manager, asking);
}

async function ensure(manager: JetStreamManager, options: StreamOptions): Promise<StreamInfo> {
  const { name, subjects, replicas, keeps } = options;
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNotFound) throw error;
  }
  return await manager.streams.add({
    name,
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // A full stream must refuse the new, never drop the old.
    discard: keeps === "all" ? DiscardPolicy.New : DiscardPolicy.Old,
    max_msgs_per_subject: keeps === "all" ? -1 : 1,
    num_replicas: replicas,
    allow_direct: true,
    deny_delete: true,
  });
}

/** Servers ignore fields that they do not know, so what they echo is what counts. */
function faultOf(config: StreamConfig, { keeps }: StreamOptions): string | undefined {
  if (config.storage !== StorageType.File) return "is not on disk";
  if (keeps === "newest") return undefined;
  if (config.max_msgs_per_subject > 0) return "drops older messages";
  if (config.discard !== DiscardPolicy.New) return "drops old messages when it is full";
  if (config.max_age > 0) return "drops messages by age";
  if (config.retention !== RetentionPolicy.Limits) return "drops messages that were read";
  return config.no_ack === true ? "does not acknowledge" : undefined;
}

export class DurableStream {
  readonly name: string;
  readonly #bus: Bus;
  readonly #world: World;
  readonly #limits: StreamLimits;
  readonly #manager: JetStreamManager;
  readonly #asking: JetStreamManager;
  readonly #inbox = createInbox();
  readonly #close: () => void;
  #isClosed = false;
  #onClose: () => void = () => undefined;
  #appends = 0;
  #onAnswer: (message: Msg) => void = () => undefined;

  /** @param asking for questions, which are answered soon or not at all */
  constructor(
    bus: Bus,
    world: World,
    name: string,
    limits: StreamLimits,
    manager: JetStreamManager,
    asking = manager,
  ) {
    this.name = name;
    this.#bus = bus;
    this.#world = world;
    this.#limits = limits;
    this.#manager = manager;
    this.#asking = asking;
    const subscription = bus.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#onAnswer(message);
      },
    });
    this.#close = () => subscription.unsubscribe();
  }

  /** An append that is on its way ends as unknown. */
  close(): void {
    this.#isClosed = true;
    this.#close();
    this.#onClose();
  }

  /** The same stream, without what is on its way in this one, which is closed. */
  renew(): DurableStream {
    this.close();
    const [bus, world, limits] = [this.#bus, this.#world, this.#limits];
    return new DurableStream(bus, world, this.name, limits, this.#manager, this.#asking);
  }

  /** See {@link StreamLimits}. */
  get lossMsMin(): number {
    return this.#limits.lossMsMin;
  }

  async range(): Promise<{ first: number; last: number; messages: number; bytes: number }> {
    const { state } = await this.#asking.streams.info(this.name);
    const { first_seq: first, last_seq: last, messages, bytes } = state;
    return { first, last, messages, bytes };
  }

  /**
   * Appends behind `lastSequence` and nowhere else. Only one at a time. When no answer comes, the
   * same message is sent again with the same expectation until its fate is known.
   */
  async append(subject: string, payload: Uint8Array, lastSequence: number): Promise<AppendOutcome> {
    const { appendMsMax, settlingMsMax, lossMsMin } = this.#limits;
    const startedAt = this.#world.monotonic();
    const elapsed = () => this.#world.monotonic() - startedAt;
    const reply = `${this.#inbox}.${(this.#appends++).toString(36)}`;
    let isAmbiguous = false;
    while (true) {
      const answer = await this.#send(subject, payload, lastSequence, reply);
      if (typeof answer === "string") isAmbiguous = true;
      // A server that just started says for a moment that it has no JetStream.
      else if (!isTransient(answer) || elapsed() > settlingMsMax) {
        const outcome = await this.#judge(answer, payload, lastSequence);
        const isDoubtful =
          (outcome?.type === "Unavailable" && isAmbiguous) ||
          (outcome?.type === "Lost" && elapsed() < lossMsMin);
        if (outcome && !isDoubtful) return outcome;
      }
      if (this.#isClosed) return { type: "Unknown", message: `${this.name} was closed` };
      if (elapsed() > appendMsMax) {
        const message = `${this.name} did not answer for ${appendMsMax / 1000} s`;
        return { type: "Unknown", message };
      }
      if (typeof answer !== "string") await this.#world.sleep(retryMs);
    }
  }

  /** The answer, or why there is none yet. */
  #send(
    subject: string,
    payload: Uint8Array,
    lastSequence: number,
    reply: string,
  ): Promise<PubAck | "silent"> {
    const { connection } = this.#bus;
    return new Promise((resolve) => {
      const settle = (answer: PubAck | "silent") => {
        cancel();
        reconnects.unsubscribe();
        this.#onAnswer = () => undefined;
        this.#onClose = () => undefined;
        resolve(answer);
      };
      const cancel = this.#world.after(this.#limits.appendTimeoutMs, () => settle("silent"));
      // What was on its way when the connection broke is asked about at once.
      const reconnects = this.#bus.onReconnect(() => settle("silent"));
      this.#onAnswer = (message) => {
        if (message.subject === reply) settle(pubAckOf(message));
      };
      this.#onClose = () => settle("silent");
      const head = headers();
      head.set(expectedSequenceHeader, String(lastSequence));
      try {
        connection.publish(subject, payload, { headers: head, reply });
      } catch (error) {
        settle({ error: { code: 0, description: textOf(error) } });
      }
    });
  }

  async #judge(
    { seq, error }: PubAck,
    payload: Uint8Array,
    lastSequence: number,
  ): Promise<AppendOutcome | undefined> {
    if (error?.err_code === wrongLastSequence) return await this.#whose(payload, lastSequence);
    if (error) {
      return { type: "Unavailable", message: error.description, isFull: isFull(error) };
    }
    if (seq === lastSequence + 1) return { type: "Appended", sequence: seq };
    return { type: "Lost", message: `${this.name} acknowledged message ${seq} as the next` };
  }

  /** The place is taken: by an earlier sending of the same message, or by another writer. */
  async #whose(payload: Uint8Array, lastSequence: number): Promise<AppendOutcome | undefined> {
    const sequence = lastSequence + 1;
    try {
      const stored = await this.#asking.streams.getMessage(this.name, { seq: sequence });
      if (stored) {
        if (isSame(stored.data, payload)) return { type: "Appended", sequence };
        return { type: "Fenced", message: `another store wrote message ${sequence}` };
      }
      const { last } = await this.range();
      if (last >= sequence) return { type: "Unknown", message: `message ${sequence} is gone` };
      return { type: "Lost", message: `${this.name} ends at ${last}, ${lastSequence} was stored` };
    } catch {
      return undefined;
    }
  }

  /**
   * Whether the last message is this one, as the stream's leader knows; false when it does not say.
   */
  async endsAt(sequence: number): Promise<boolean> {
    try {
      return (await this.range()).last === sequence;
    } catch {
      return false;
    }
  }

  async message(sequence: number): Promise<StoredMessage | undefined> {
    const stored = await this.#asking.streams.getMessage(this.name, { seq: sequence });
    return stored ? { sequence, subject: stored.subject, payload: stored.data } : undefined;
  }

  /** The newest message on a subject. */
  async lastOn(subject: string): Promise<StoredMessage | undefined> {
    const stored = await this.#asking.streams.getMessage(this.name, {
      last_by_subj: subject,
    });
    return stored ? { sequence: stored.seq, subject, payload: stored.data } : undefined;
  }

  /** Messages `first` to `last`, all of them, in order; DamagedError when one cannot be read. */
  read(first: number, last: number): AsyncGenerator<StoredMessage> {
    return readInOrder(this.#bus.connection, this.#world, this, first, last);
  }

  /** Messages from `first` on, as they are stored; see {@link Tail}. */
  follow(first: number, handlers: TailHandlers): Tail {
    return new Tail(this.#bus, this.#world, this, first, handlers);
  }

  /** Removes all messages before one. */
  async cutBefore(sequence: number): Promise<void> {
    await this.#manager.streams.purge(this.name, { seq: sequence });
  }
}

function pubAckOf(message: Msg): PubAck {
  if (message.data.length > 0) return message.json<PubAck>();
  const code = message.headers?.code ?? 0;
  return { error: { code, description: "no JetStream answers" } };
}

const isTransient = ({ error }: PubAck) =>
  error?.err_code === temporarilyUnavailable || (error?.code === 503 && !error.err_code);

const isFull = ({ err_code: code = 0, description }: NonNullable<PubAck["error"]>): boolean =>
  limitsExceeded.has(code) ||
  (code === storeFailed && /no space left|quota|maximum/.test(description));

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
