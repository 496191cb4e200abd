/**
 * The HTTP core as the door sees it: small enough that another one than node:http2 can stand in.
 */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export type Headers = Readonly<Record<string, string | readonly string[]>>;

export interface HttpRequest {
  readonly method: string;
  /** As it was sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly remoteAddress: string;
  /** DER of the client's certificate, unverified. */
  readonly certificate: Uint8Array | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Value of a header by lower-case name; repeated ones joined with a comma. */
  header(name: string): string | undefined;
  /** Every value of a header that may be repeated. */
  headers(name: string): readonly string[];
  /** Names of all headers, lower case. */
  headerNames(): readonly string[];
  /** Set when the client wants to speak another protocol on this connection. */
  readonly upgrade?: Upgrade;
}

/** A connection that leaves HTTP. */
export interface Upgrade {
  /** Node's own request, for libraries that answer it themselves. */
  readonly request: IncomingMessage;
  /** Hands the connection over, with what was read too much; the response has its end by that. */
  take(): { readonly socket: Duplex; readonly head: Buffer };
}

export interface HttpResponse {
  /** True once the head was sent: errors can no longer be told by status. */
  readonly begun: boolean;
  /** What was sent; 0 before. */
  readonly status: number;
  /** The client is gone; writes are dropped. */
  readonly closed: boolean;
  /** Bytes that were written and wait for a slow client. */
  readonly waitingBytes: number;
  begin(status: number, headers: Headers): void;
  /** Sends the head at once: a stream may stay silent for long. */
  flush(): void;
  /** False when the client is slower than we are: wait for `drained`. */
  write(chunk: Uint8Array | string): boolean;
  /** The same for pieces that leave together, without copying them into one. */
  writeAll(chunks: readonly Uint8Array[]): boolean;
  /** Resolves when more can be written, or the client is gone. */
  drained(): Promise<void>;
  end(chunk?: Uint8Array | string): void;
  /** Cuts the stream off, for a client that does not read. */
  destroy(): void;
  /** Called once when the exchange is over, for either reason. */
  onClose(listener: () => void): void;
}

export type Handler = (request: HttpRequest, response: HttpResponse) => Promise<void>;
