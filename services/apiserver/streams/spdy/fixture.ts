/** For tests: the client's side of a SPDY connection. */
import type { Duplex } from "node:stream";
import { FrameParser, dataHead, pingFrame, resetFrame, synStreamFrame } from "./frames.ts";
import type { SpdyFrame } from "./frames.ts";
import { BlockPacker } from "./headers.ts";

export interface ClientStream {
  readonly id: number;
  /** What came so far. */
  readonly received: Buffer[];
  write(data: string | Uint8Array, isLast?: boolean): void;
  reset(): void;
  /** Everything until the server's end, as text; rejects when it cuts the stream off. */
  text(): Promise<string>;
}

/** Opens streams on a connection that has changed to SPDY. */
export class SpdyClient {
  readonly frames: SpdyFrame[] = [];
  readonly #socket: Duplex;
  readonly #packer = new BlockPacker();
  readonly #streams = new Map<number, { received: Buffer[]; settle: (reset: boolean) => void }>();
  #next = 1;

  constructor(socket: Duplex, head: Buffer = Buffer.alloc(0)) {
    this.#socket = socket;
    const parser = new FrameParser();
    const take = (chunk: Buffer) => {
      for (const frame of parser.push(chunk)) this.#onFrame(frame);
    };
    if (head.length > 0) take(head);
    socket.on("data", take);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      for (const { settle } of this.#streams.values()) settle(true);
    });
  }

  open(headers: Readonly<Record<string, string>>): ClientStream {
    const id = this.#next;
    this.#next += 2;
    const received: Buffer[] = [];
    const ended = new Promise<boolean>((settle) => this.#streams.set(id, { received, settle }));
    this.#socket.write(synStreamFrame(id, this.#packer.pack(new Map(Object.entries(headers)))));
    return {
      id,
      received,
      write: (data, isLast = false) => {
        const bytes = Buffer.from(data);
        this.#socket.write(Buffer.concat([dataHead(id, bytes.length, isLast), bytes]));
      },
      reset: () => void this.#socket.write(resetFrame(id, 5)),
      text: async () => {
        if (await ended) throw new Error(`reset after ${Buffer.concat(received).toString()}`);
        return Buffer.concat(received).toString();
      },
    };
  }

  ping(id: number): void {
    this.#socket.write(pingFrame(id));
  }

  #onFrame(frame: SpdyFrame): void {
    this.frames.push(frame);
    if (frame.type === "data") {
      const stream = this.#streams.get(frame.stream);
      stream?.received.push(Buffer.from(frame.data));
      if (frame.fin) stream?.settle(false);
    }
    if (frame.type === "reset") this.#streams.get(frame.stream)?.settle(true);
  }
}
