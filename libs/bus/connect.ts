/** Connects to NATS and gives the {@link Bus} that components use. */
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { connect as connectNats } from "@nats-io/transport-node";
import type { World } from "#libs/actor/world.ts";
import { parseAddresses } from "./address.ts";
import {
  type Bus,
  type BusMessage,
  type BusSubscription,
  BusTimeoutError,
  BusUnavailableError,
  type MessageSubscription,
  NoRespondersError,
  type RequestOptions,
} from "./bus.ts";
import { Faults } from "./faults.ts";
import { Subjects } from "./subjects.ts";

export interface ConnectOptions {
  /** One URL or several, separated by commas; credentials in them count. */
  readonly servers: string;
  readonly token?: string;
  readonly prefix: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  readonly world: World;
  /** Milliseconds for the first connection. Default 5,000. */
  readonly timeoutMs?: number;
}

const requestTimeoutMsDefault = 10_000;
const reconnectWaitMs = 100;
/**
 * A server that hangs, or whose machine is cut off, breaks no connection by itself: after so many
 * pings without an answer another one is tried. Longer than a write takes on a slow disk.
 */
const pingMs = 2_000;
const pingsUnansweredMax = 3;
/** Answers of one stream that wait for a slow reader before the stream fails. */
const streamBufferMax = 10_000;
const noRespondersCode = 503;

type Waiting = {
  readonly subject: string;
  readonly settle: (answer: Uint8Array | Error) => void;
};

/**
 * Connects, and stays connected: a lost connection is made again for as long as the process lives.
 * Rejects with BusUnavailableError when the first connection fails.
 */
export async function connect(options: ConnectOptions): Promise<NatsBus> {
  const { token, name, timeoutMs = 5_000 } = options;
  const { servers, ...credentials } = parseAddresses(options.servers);
  try {
    const connection = await connectNats({
      servers: [...servers],
      ...(token ? { token } : credentials),
      name,
      timeout: timeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: reconnectWaitMs,
      pingInterval: pingMs,
      maxPingOut: pingsUnansweredMax,
      ignoreClusterUpdates: false,
    });
    return new NatsBus(connection, options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot reach NATS at ${servers.join(",")}: ${reason}`;
    throw new BusUnavailableError(message, { cause });
  }
}

export class NatsBus implements Bus {
  readonly subjects: Subjects;
  readonly connection: NatsConnection;
  readonly faults: Faults;
  readonly #world: World;
  readonly #inbox: string;
  readonly #waiting = new Map<string, Waiting>();
  readonly #reconnected = new Set<() => void>();
  #asked = 0;
  #connected = true;

  constructor(connection: NatsConnection, { prefix, world }: ConnectOptions) {
    this.connection = connection;
    this.subjects = new Subjects(prefix);
    this.faults = new Faults(world);
    this.#world = world;
    this.#inbox = `_INBOX.${world.uuid().replaceAll("-", "")}`;
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#onAnswer(message);
      },
    });
    void this.#followStatus();
  }

  get payloadMax(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024;
  }

  /** False between a lost connection and the next. */
  get connected(): boolean {
    return this.#connected;
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    this.connection.publish(subject, payload, reply ? { reply } : undefined);
  }

  request(
    subject: string,
    payload: Uint8Array,
    { timeoutMs = requestTimeoutMsDefault, signal }: RequestOptions = {},
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stop = this.#ask(subject, payload, signal, (answer) => {
        cancelTimer();
        stop();
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      });
      const cancelTimer = this.#world.after(timeoutMs, () => {
        stop();
        reject(new BusTimeoutError(`no answer on ${subject} within ${timeoutMs} ms`));
      });
    });
  }

  async *requestStream(
    subject: string,
    payload: Uint8Array,
    { timeoutMs = requestTimeoutMsDefault, signal }: RequestOptions = {},
  ): AsyncGenerator<Uint8Array> {
    const answers: (Uint8Array | Error)[] = [];
    let wake: () => void = () => undefined;
    const stop = this.#ask(subject, payload, signal, (answer) => {
      if (answers.length >= streamBufferMax) answers.push(new BusTimeoutError("reader too slow"));
      else answers.push(answer);
      wake();
    });
    try {
      while (true) {
        if (answers.length === 0) {
          const timedOut = await new Promise<boolean>((resolve) => {
            const cancelTimer = this.#world.after(timeoutMs, () => resolve(true));
            wake = () => {
              cancelTimer();
              resolve(false);
            };
          });
          if (timedOut) throw new BusTimeoutError(`${subject} was silent for ${timeoutMs} ms`);
        }
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        if (answer) yield answer;
      }
    } finally {
      stop();
    }
  }

  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    { queue }: { readonly queue?: string } = {},
  ): MessageSubscription {
    const subscription = this.connection.subscribe(subject, {
      ...(queue ? { queue } : {}),
      callback: (error, message) => {
        if (error) return;
        const received = this.#received(message);
        this.faults.pass(received.subject, () => hand(handler, received));
      },
    });
    return {
      unsubscribe: () => subscription.unsubscribe(),
      drain: () => subscription.drain(),
    };
  }

  onReconnect(listener: () => void): BusSubscription {
    this.#reconnected.add(listener);
    return { unsubscribe: () => this.#reconnected.delete(listener) };
  }

  async flush(): Promise<void> {
    await this.connection.flush();
  }

  async close(): Promise<void> {
    this.#failWaiting("the connection was closed");
    await this.connection.close();
  }

  #ask(
    subject: string,
    payload: Uint8Array,
    signal: AbortSignal | undefined,
    settle: (answer: Uint8Array | Error) => void,
  ): () => void {
    const token = (this.#asked++).toString(36);
    const onAbort = () => settle(signal?.reason instanceof Error ? signal.reason : aborted());
    const stop = () => {
      this.#waiting.delete(token);
      signal?.removeEventListener("abort", onAbort);
    };
    const failSoon = (error: Error) => queueMicrotask(() => settle(error));
    if (signal?.aborted) {
      queueMicrotask(onAbort);
      return stop;
    }
    if (!this.#connected || this.connection.isClosed()) {
      failSoon(new BusUnavailableError(`the bus is out of reach (asking ${subject})`));
      return stop;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.set(token, { subject, settle });
    try {
      this.connection.publish(subject, payload, { reply: `${this.#inbox}.${token}` });
    } catch (error) {
      failSoon(error instanceof Error ? error : new Error(String(error)));
    }
    return stop;
  }

  #onAnswer(message: Msg): void {
    const token = message.subject.slice(this.#inbox.length + 1);
    const waiting = this.#waiting.get(token);
    if (!waiting) return;
    if (message.data.length === 0 && message.headers?.code === noRespondersCode) {
      waiting.settle(new NoRespondersError(`nobody answers ${waiting.subject}`));
      return;
    }
    const data = message.data.slice();
    this.faults.pass(waiting.subject, () => {
      waiting.settle(data);
      // Who answers for long asks back at times: without a word from here the reader has left.
      if (message.reply) message.respond();
    });
  }

  #received(message: Msg): BusMessage {
    const { subject, reply = "" } = message;
    return {
      subject,
      reply,
      // A slice of the socket's buffer would keep all of it alive.
      data: message.data.slice(),
      respond: (payload) => {
        if (reply && !this.connection.isClosed()) this.connection.publish(reply, payload);
      },
    };
  }

  #failWaiting(reason: string): void {
    for (const { subject, settle } of [...this.#waiting.values()]) {
      settle(new BusUnavailableError(`${reason} (asking ${subject})`));
    }
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === "disconnect" || status.type === "close") {
        this.#connected = false;
        this.#failWaiting("the connection was lost");
      }
      if (status.type === "reconnect") {
        this.#connected = true;
        for (const listener of [...this.#reconnected]) listener();
      }
    }
  }
}

const aborted = () => new Error("the request was aborted");

/**
 * Anybody may publish anything, and what a handler throws would end the connection for all who
 * share it: the message is passed over, and told of.
 */
function hand(handler: (message: BusMessage) => void, message: BusMessage): void {
  try {
    handler(message);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(`${message.subject}: a message could not be handled: ${reason}`, "Bus");
  }
}
