/** One numbered stream of bytes each way in a session, with a bound on what is under way. */

/**
 * Bytes of one direction that may be sent before the other side has taken any: what a slow reader
 * makes anybody keep. Both sides count on it.
 */
export const windowBytesMax = 1024 * 1024;
/** Taken bytes are told in steps of this size: interactive sessions send no word about them. */
const creditBytesMin = windowBytesMax / 8;
/** Bytes of one message: far below what any server refuses. */
export const frameBytesMax = 64 * 1024;

/** What a channel tells the other side. */
export interface ChannelFrame {
  readonly data?: Uint8Array;
  readonly end?: boolean;
  readonly credit?: number;
  readonly closed?: boolean;
}

export type SendFrame = (frame: ChannelFrame) => void;

/** The other side sent what it must not. */
export class SessionProtocolError extends Error {
  override readonly name = "SessionProtocolError";
}

/** Reading: iterate, once. Writing: one write at a time. */
export class Channel implements AsyncIterable<Uint8Array> {
  readonly #send: SendFrame;
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  #takenBytes = 0;
  #hasEnded = false;
  #isClosed = false;
  #credit = windowBytesMax;
  #hasSentEnd = false;
  #isRefused = false;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  constructor(send: SendFrame) {
    this.#send = send;
  }

  /**
   * Resolves when all of it was sent, as the other side takes it; false when nobody takes it any
   * more: the session is over, or the reader closed.
   */
  async write(data: Uint8Array): Promise<boolean> {
    let rest = data;
    while (rest.length > 0) {
      if (this.#isRefused || this.#hasSentEnd) return false;
      const size = Math.min(rest.length, this.#credit, frameBytesMax);
      if (size === 0) {
        await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
        continue;
      }
      this.#credit -= size;
      this.#send({ data: rest.subarray(0, size) });
      rest = rest.subarray(size);
    }
    return !this.#isRefused;
  }

  /** No more will be written. */
  end(): void {
    if (this.#hasSentEnd || this.#isRefused) return;
    this.#hasSentEnd = true;
    this.#send({ end: true });
    this.#wakeWriter();
  }

  /** Reads no more; what comes is thrown away. */
  close(): void {
    if (this.#isClosed || this.#hasEnded) return;
    this.#isClosed = true;
    this.#received = [];
    this.#send({ closed: true });
    this.#wakeReader();
  }

  /** What came, in order, until the other side's end; a session's end counts as one. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (!this.#isClosed) {
        const chunk = this.#received.shift();
        if (chunk) {
          this.#receivedBytes -= chunk.length;
          yield chunk;
          this.#take(chunk.length);
          continue;
        }
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.close();
    }
  }

  /** A frame of the other side for this channel. Throws SessionProtocolError. */
  receive({ data, end, credit, closed }: ChannelFrame): void {
    if (credit) {
      this.#credit += credit;
      if (this.#credit > windowBytesMax) throw new SessionProtocolError("too much credit");
      this.#wakeWriter();
    }
    if (closed) this.#refuse();
    if (data && data.length > 0) this.#keep(data);
    if (end) {
      this.#hasEnded = true;
      this.#wakeReader();
    }
  }

  /** The session is over: readers get what is here, writers learn that it is in vain. */
  sessionOver(): void {
    this.#hasEnded = true;
    this.#wakeReader();
    this.#refuse();
  }

  #refuse(): void {
    this.#isRefused = true;
    this.#wakeWriter();
  }

  #keep(data: Uint8Array): void {
    if (this.#hasEnded) throw new SessionProtocolError("data after the end");
    if (this.#isClosed) return;
    this.#receivedBytes += data.length;
    if (this.#receivedBytes > windowBytesMax) throw new SessionProtocolError("too much data");
    this.#received.push(data);
    this.#wakeReader();
  }

  #take(bytes: number): void {
    this.#takenBytes += bytes;
    if (this.#takenBytes < creditBytesMin || this.#hasEnded) return;
    const credit = this.#takenBytes;
    this.#takenBytes = 0;
    this.#send({ credit });
  }
}
