/**
 * A conversation of two processes over subjects of its own: channels of bytes with flow control,
 * and an end that both sides learn of, also when one of them just vanishes.
 */
import type { World } from "#libs/actor/world.ts";
import { codecOf } from "#libs/schema/codec.ts";
import type { SessionEnd, StreamFrame, TerminalSize } from "#proto/gen/kubus/node/v1.ts";
import { type Bus, type BusMessage, type BusSubscription, NoRespondersError } from "../bus.ts";
import type { SessionSide } from "../subjects.ts";
import { Channel, type ChannelFrame, SessionProtocolError } from "./channel.ts";

export type { SessionEnd, TerminalSize } from "#proto/gen/kubus/node/v1.ts";

/** Channels of a session, numbered from 0. */
const channelsMax = 4;
/** The other side is asked this often whether it lives, and may take as long to answer. */
const aliveMs = 2_000;
/** Questions without an answer in a row after which it counts as lost. */
const missesMax = 3;

const frameCodec = codecOf<StreamFrame>("kubus.node.v1.StreamFrame");

export interface SessionOptions {
  readonly bus: Bus;
  readonly world: World;
  readonly id: string;
  readonly side: SessionSide;
  /** How the other side is called when it is lost. */
  readonly peer: string;
  /** Tells the end when `bus` speaks no more: a life that ends says goodbye for its sessions. */
  readonly farewell?: Bus;
}

/** How a session ended for this side; `lost`: nobody said goodbye. */
export interface Ending extends SessionEnd {
  readonly lost: boolean;
}

const fine: Ending = { exitCode: 0, message: "", reset: false, lost: false };

export class Session {
  /** Aborted when the session is over, whoever ended it. */
  readonly signal: AbortSignal;
  /** How it ended. Data may still wait to be read then. */
  readonly over: Promise<Ending>;
  readonly #options: SessionOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #ended = new AbortController();
  readonly #subscription: BusSubscription;
  readonly #cancelAlive: () => void;
  #settle: (ending: Ending) => void = () => undefined;
  #onSize: (size: TerminalSize) => void = () => undefined;
  #size: TerminalSize | undefined;
  #sent = 0;
  #received = 0;
  #misses = 0;

  /** Listens at once. */
  constructor(options: SessionOptions) {
    const { bus, world, id, side } = options;
    this.#options = options;
    this.signal = this.#ended.signal;
    this.over = new Promise((resolve) => (this.#settle = resolve));
    const subject = bus.subjects.session(id, side);
    this.#subscription = bus.subscribe(subject, (message) => this.#onMessage(message));
    this.#cancelAlive = world.every(aliveMs, () => this.#askAlive());
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  /** The same object for the same number. */
  channel(number: number): Channel {
    const known = this.#channels.get(number);
    if (known) return known;
    const made = new Channel((frame) => this.#send({ ...frame, channel: number }));
    if (this.isOver) made.sessionOver();
    this.#channels.set(number, made);
    return made;
  }

  resize(size: TerminalSize): void {
    this.#send({ size });
  }

  /** Called with the last size that came, if any, and each that follows. */
  onSize(listener: (size: TerminalSize) => void): void {
    this.#onSize = listener;
    if (this.#size) listener(this.#size);
  }

  /** Ends the session for both sides; what was written before arrives. */
  finish(end: Partial<SessionEnd> = {}): void {
    if (this.isOver) return;
    const ending = { ...fine, ...end };
    const { exitCode, message, reset } = ending;
    this.#send({ over: { exitCode, message, reset } }, this.#options.farewell);
    this.#end(ending);
  }

  #end(ending: Ending): void {
    if (this.isOver) return;
    this.#subscription.unsubscribe();
    this.#cancelAlive();
    this.#settle(ending);
    this.#ended.abort();
    for (const channel of this.#channels.values()) channel.sessionOver();
  }

  #lose(message: string): void {
    this.#end({ ...fine, message, lost: true });
  }

  #send(frame: Partial<StreamFrame>, bus = this.#options.bus): void {
    if (this.isOver) return;
    this.#sent += 1;
    bus.publish(this.#peerSubject, frameCodec.encode({ ...frame, sequence: this.#sent }));
  }

  get #peerSubject(): string {
    const { bus, id, side } = this.#options;
    return bus.subjects.session(id, side === "client" ? "node" : "client");
  }

  #onMessage({ data, reply, respond }: BusMessage): void {
    if (this.isOver) return;
    try {
      const frame = frameCodec.decode(data);
      const isQuestion = reply !== "";
      this.#checkOrder(frame.sequence, isQuestion);
      if (isQuestion) respond(new Uint8Array(0));
      else this.#take(frame);
    } catch (error) {
      this.finish({ message: error instanceof Error ? error.message : String(error) });
    }
  }

  #checkOrder(sequence: number, isQuestion: boolean): void {
    const expected = isQuestion ? this.#received : this.#received + 1;
    if (sequence !== expected) throw new SessionProtocolError("messages of the session were lost");
    this.#received = sequence;
  }

  #take({ channel: number, data, end, credit, closed, size, over }: StreamFrame): void {
    if (over) return this.#end({ ...over, lost: false });
    if (size) {
      this.#size = size;
      return this.#onSize(size);
    }
    if (number >= channelsMax) throw new SessionProtocolError(`no channel ${number}`);
    const frame: ChannelFrame = { data, end, credit, closed };
    return this.channel(number).receive(frame);
  }

  #askAlive(): void {
    const { bus, peer } = this.#options;
    const question = frameCodec.encode({ sequence: this.#sent });
    bus.request(this.#peerSubject, question, { timeoutMs: aliveMs }).then(
      () => (this.#misses = 0),
      (error: unknown) => {
        this.#misses += 1;
        const isGone = error instanceof NoRespondersError || this.#misses >= missesMax;
        if (isGone) this.#lose(`the connection to ${peer} was lost`);
      },
    );
  }
}
