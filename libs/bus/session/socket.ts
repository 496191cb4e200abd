/** Bytes each way as a socket, for what speaks HTTP or TLS over them. */
import { Duplex } from "node:stream";
import type { Session } from "./session.ts";

/** Two directions of bytes. */
export interface ByteLink {
  readonly incoming: AsyncIterable<Uint8Array>;
  /** Resolves when more can be written; false: nobody reads any more. */
  readonly write: (data: Uint8Array) => Promise<boolean>;
  /** No more will be written. */
  readonly end: () => void;
  /** Why the other side has gone; undefined: it had said all. */
  readonly failure: () => Promise<Error | undefined>;
  /** The socket is destroyed, for this reason if there is one. */
  readonly destroyed: (error: Error | null) => void;
}

/** Half-closed as a TCP connection can be; destroyed with the other side's failure. */
export function socketOver(link: ByteLink): Duplex {
  const incoming = link.incoming[Symbol.asyncIterator]();
  return new Duplex({
    allowHalfOpen: true,
    async read() {
      try {
        const { value, done } = await incoming.next();
        if (!done) return void this.push(value);
        const failure = await link.failure();
        if (failure) this.destroy(failure);
        else this.push(null);
      } catch (error) {
        this.destroy(error as Error);
      }
    },
    async write(chunk: Uint8Array, _encoding, done) {
      const wasSent = await link.write(chunk);
      done(wasSent ? null : ((await link.failure()) ?? brokenPipe()));
    },
    final(done) {
      link.end();
      done();
    },
    destroy(error, done) {
      link.destroyed(error);
      done(error);
    },
  });
}

const brokenPipe = () => Object.assign(new Error("write EPIPE"), { code: "EPIPE" });

/** One channel of a session. The socket's end with an error is the session's. */
export function socketOf(session: Session, number = 0): Duplex {
  const channel = session.channel(number);
  return socketOver({
    incoming: channel,
    write: (data) => channel.write(data),
    end: () => channel.end(),
    destroyed: (error) => session.finish(error ? { message: error.message } : {}),
    async failure() {
      if (!session.isOver) return undefined;
      const { message, reset } = await session.over;
      if (message === "") return undefined;
      return Object.assign(new Error(message), reset ? { code: "ECONNRESET" } : {});
    },
  });
}
