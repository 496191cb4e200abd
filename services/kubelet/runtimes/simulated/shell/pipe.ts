/** Bytes from one simulated process to another, bounded: who writes waits for who reads. */

const bytesMax = 64 * 1024;

export class Pipe implements AsyncIterable<Uint8Array> {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #hasEnded = false;
  #isClosed = false;
  #wakeReader: () => void = () => undefined;
  #wakeWriter: () => void = () => undefined;

  /** Resolves when there is room for more; false: nobody reads any more. */
  async write(data: Uint8Array): Promise<boolean> {
    if (this.#isClosed || this.#hasEnded) return false;
    this.#chunks.push(data);
    this.#bytes += data.length;
    this.#wakeReader();
    while (this.#bytes > bytesMax && !this.#isClosed) {
      await new Promise<void>((resolve) => (this.#wakeWriter = resolve));
    }
    return !this.#isClosed;
  }

  end(): void {
    this.#hasEnded = true;
    this.#wakeReader();
  }

  close(): void {
    this.#isClosed = true;
    this.#chunks = [];
    this.#wakeWriter();
    this.#wakeReader();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      while (!this.#isClosed) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          yield chunk;
          this.#bytes -= chunk.length;
          this.#wakeWriter();
          continue;
        }
        if (this.#hasEnded) return;
        await new Promise<void>((resolve) => (this.#wakeReader = resolve));
      }
    } finally {
      this.close();
    }
  }
}
