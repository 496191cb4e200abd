/** One stream of a SPDY connection. */
import type { SpdyHeaders } from "./headers.ts";

export interface StreamLink {
  /** Resolves when more can be written; false: the connection is gone. */
  readonly send: (data: Uint8Array, isLast: boolean) => Promise<boolean>;
  readonly sendReset: (status: number) => void;
  /** So many bytes of what was received were taken. */
  readonly taken: (bytes: number) => void;
}

/** Reading: iterate, once. Writing: one write at a time. */
export class SpdyStream implements AsyncIterable<Uint8Array> {
  readonly id: number;
  readonly headers: SpdyHeaders;
  /** Aborted when the other side cut the stream off, or the connection is gone. */
  readonly signal: AbortSignal;
  readonly #link: StreamLink;
  #received: Buffer[] = [];
  #hasEnded = false;
  #isDiscarded = false;
  #hasSentEnd = false;
  readonly #reset = new AbortController();
  #wake: () => void = () => undefined;

  constructor(id: number, headers: SpdyHeaders, link: StreamLink) {
    this.id = id;
    this.headers = headers;
    this.#link = link;
    this.signal = this.#reset.signal;
  }

  /** Both directions are over. */
  get isOver(): boolean {
    return this.signal.aborted || (this.#hasEnded && this.#hasSentEnd);
  }

  /** Resolves when more can be written; false: nobody reads any more. */
  async write(data: Uint8Array): Promise<boolean> {
    if (this.signal.aborted || this.#hasSentEnd) return false;
    return this.#link.send(data, false);
  }

  /** No more will be written. */
  end(): void {
    if (this.signal.aborted || this.#hasSentEnd) return;
    this.#hasSentEnd = true;
    void this.#link.send(new Uint8Array(0), true);
  }

  /** Cuts it off in both directions. */
  reset(status: number): void {
    if (this.isOver) return;
    this.#link.sendReset(status);
    this.wasReset();
  }

  /** Reads no more; what comes is thrown away. */
  discard(): void {
    this.#isDiscarded = true;
    for (const chunk of this.#received) this.#link.taken(chunk.length);
    this.#received = [];
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (!this.#isDiscarded) {
        const chunk = this.#received.shift();
        if (chunk) {
          yield chunk;
          this.#link.taken(chunk.length);
          continue;
        }
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.discard();
    }
  }

  /** The connection received this for the stream; true when the bytes are kept. */
  receive(data: Buffer, isLast: boolean): boolean {
    const isKept = !this.#hasEnded && !this.#isDiscarded && data.length > 0;
    // A slice of the socket's buffer would keep all of it alive.
    if (isKept) this.#received.push(Buffer.from(data));
    if (isLast) this.#hasEnded = true;
    this.#wake();
    return isKept;
  }

  /** The other side cut it off, or the connection is gone. */
  wasReset(): void {
    this.#hasEnded = true;
    this.#reset.abort();
    this.#wake();
  }
}
