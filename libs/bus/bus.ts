/** The bus as components see it: subjects, bytes, requests and streams. Connected by `connect`. */
import type { NatsConnection } from "@nats-io/nats-core";
import type { Codec, Encodable } from "#libs/schema/schema.ts";
import type { Subjects } from "./subjects.ts";

/** A message that was received. `data` is the receiver's own copy. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Empty when no answer is wanted. */
  readonly reply: string;
  respond(payload: Uint8Array): void;
}

export interface BusSubscription {
  unsubscribe(): void;
}

export interface MessageSubscription extends BusSubscription {
  /** Asks for no more messages; resolves when those that were under way have been handed over. */
  drain(): Promise<void>;
}

export interface RequestOptions {
  /** Milliseconds until `BusTimeoutError`. Default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Nobody subscribes to the subject that was asked. */
export class NoRespondersError extends Error {
  override readonly name = "NoRespondersError";
}

/** No answer in time; whether the request had an effect is unknown. */
export class BusTimeoutError extends Error {
  override readonly name = "BusTimeoutError";
}

/** The connection is closed or the server is out of reach. */
export class BusUnavailableError extends Error {
  override readonly name = "BusUnavailableError";
}

export interface Bus {
  readonly subjects: Subjects;
  /** For what only the store does (JetStream). */
  readonly connection: NatsConnection;
  /** Largest payload that the server takes, in bytes. */
  readonly payloadMax: number;
  /** Fire and forget. */
  publish(subject: string, payload: Uint8Array, reply?: string): void;
  /**
   * One question, one answer, over one shared inbox subscription.
   * Rejects with NoRespondersError, BusTimeoutError, BusUnavailableError or the signal's reason.
   */
  request(subject: string, payload: Uint8Array, options?: RequestOptions): Promise<Uint8Array>;
  /**
   * One question, many answers, in order. The caller breaks the loop when the answer that it knows
   * to be last came; it ends with BusTimeoutError after `timeoutMs` of silence.
   * An answer that is itself a request is acknowledged for as long as it is read.
   */
  requestStream(
    subject: string,
    payload: Uint8Array,
    options?: RequestOptions,
  ): AsyncIterable<Uint8Array>;
  /** Calls the handler for each message, in order. */
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): MessageSubscription;
  /** Called after the connection was lost and made again: messages may have been missed. */
  onReconnect(listener: () => void): BusSubscription;
  /** Resolves when the server has seen everything published so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** A request and its answer as messages. */
export interface Rpc<Request, Response> {
  readonly request: Codec<Request>;
  readonly response: Codec<Response>;
}

/** Asks with typed messages; errors as {@link Bus.request}. */
export async function call<Request, Response>(
  bus: Bus,
  rpc: Rpc<Request, Response>,
  subject: string,
  request: Request | Encodable<Request>,
  options?: RequestOptions,
): Promise<Response> {
  return rpc.response.decode(await bus.request(subject, rpc.request.encode(request), options));
}
