/**
 * The server's side of a SPDY/3.1 connection. Windows are not used, as Kubernetes' clients and
 * kubelets do not: a reader that falls behind holds up the connection.
 */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { World } from "#libs/actor/world.ts";
import {
  dataHead,
  FrameParser,
  goAwayFrame,
  pingFrame,
  resetFrame,
  resets,
  type SpdyFrame,
  synReplyFrame,
} from "./frames.ts";
import { BlockPacker, BlockUnpacker, SpdyProtocolError } from "./headers.ts";
import { SpdyStream } from "./stream.ts";

/** Streams of a connection at a time; more are refused. */
const streamsMax = 1_000;
/** Bytes that wait to be read on all streams together, before nothing more is received. */
const unreadBytesMax = 4 * 1024 * 1024;
const dataBytesMax = 64 * 1024;
/** Time that a client has to read what was sent when the connection is ended. */
const lingerMsMax = 60_000;
/** Without a byte in either direction for so long a connection ends; Kubernetes' default. */
const idleMsMax = 4 * 60 * 60 * 1_000;
const idleLookMs = 60_000;

export interface SpdyOptions {
  readonly socket: Duplex;
  /** What was read with the request before. */
  readonly head: Buffer;
  readonly world: World;
  /** What is wrong with a stream, or undefined: it then belongs to the receiver. */
  readonly onStream: (stream: SpdyStream) => string | undefined;
}

export class SpdyConnection {
  /** Aborted when the connection is gone. */
  readonly signal: AbortSignal;
  readonly #options: SpdyOptions;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #packer = new BlockPacker();
  readonly #unpacker = new BlockUnpacker();
  readonly #gone = new AbortController();
  #lastStream = 0;
  #unreadBytes = 0;
  #wakeReader: () => void = () => undefined;
  #drained: Promise<unknown> | undefined;
  #usedAt: number;
  #isEnding = false;

  /** Reads at once. */
  constructor(options: SpdyOptions) {
    const { socket, world } = options;
    this.#options = options;
    this.signal = this.#gone.signal;
    this.#usedAt = world.monotonic();
    const cancelLook = world.every(idleLookMs, () => {
      if (world.monotonic() - this.#usedAt > idleMsMax) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.once("close", () => {
      cancelLook();
      this.#onGone();
    });
    void this.#run();
  }

  /** Sends what is left, then ends; resolves when the client has closed its side too. */
  async end(): Promise<void> {
    const { socket, world } = this.#options;
    if (this.signal.aborted) return;
    this.#isEnding = true;
    for (const stream of this.#streams.values()) {
      stream.end();
      stream.discard();
    }
    this.#write(goAwayFrame(this.#lastStream, 0));
    socket.end();
    const cancel = world.after(lingerMsMax, () => socket.destroy());
    if (!this.signal.aborted) await once(this.signal, "abort");
    cancel();
  }

  async #run(): Promise<void> {
    const { socket, head } = this.#options;
    const parser = new FrameParser();
    try {
      if (head.length > 0) await this.#take(parser, head);
      for await (const chunk of socket as AsyncIterable<Buffer>) await this.#take(parser, chunk);
      // The client has said all: it may still read.
      for (const stream of this.#streams.values()) stream.receive(Buffer.alloc(0), true);
      if (!this.#isEnding) socket.end();
    } catch (error) {
      const isProtocol = error instanceof SpdyProtocolError;
      if (isProtocol) this.#write(goAwayFrame(this.#lastStream, resets.protocolError));
      socket.destroy();
    }
  }

  async #take(parser: FrameParser, chunk: Buffer): Promise<void> {
    this.#usedAt = this.#options.world.monotonic();
    for (const frame of parser.push(chunk)) await this.#onFrame(frame);
    while (this.#unreadBytes > unreadBytesMax && !this.signal.aborted) {
      await new Promise<void>((resolve) => (this.#wakeReader = resolve));
    }
  }

  async #onFrame(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case "open":
        return this.#onOpen(frame.stream, frame.packed, frame.fin);
      case "data":
        return this.#onData(frame.stream, frame.data, frame.fin);
      case "reset":
        this.#streams.get(frame.stream)?.wasReset();
        this.#streams.delete(frame.stream);
        return undefined;
      case "ping":
        this.#write(pingFrame(frame.id));
        return undefined;
      case "headers":
      case "reply":
        // Their content is not used, but the state of compression goes on.
        await this.#unpacker.unpack(frame.packed);
        return undefined;
      case "goAway":
      case "ignored":
        return undefined;
    }
  }

  async #onOpen(id: number, packed: Buffer, isLast: boolean): Promise<void> {
    const headers = await this.#unpacker.unpack(packed);
    if (id % 2 === 0 || id <= this.#lastStream) {
      throw new SpdyProtocolError(`stream ${id} after ${this.#lastStream}`);
    }
    this.#lastStream = id;
    this.#forgetFinished();
    if (this.#isEnding || this.#streams.size >= streamsMax) {
      this.#write(resetFrame(id, resets.refused));
      return;
    }
    const stream = new SpdyStream(id, headers, {
      send: (data, isEnd) => this.#send(id, data, isEnd),
      sendReset: (status) => void this.#write(resetFrame(id, status)),
      taken: (bytes) => this.#taken(bytes),
    });
    this.#streams.set(id, stream);
    if (isLast) stream.receive(Buffer.alloc(0), true);
    // The reply comes before anything that is written on the stream.
    const reply = synReplyFrame(id, this.#packer.pack(new Map()));
    this.#write(reply);
    if (this.#options.onStream(stream) !== undefined) stream.reset(resets.cancel);
  }

  #onData(id: number, data: Buffer, isLast: boolean): void {
    const stream = this.#streams.get(id);
    if (!stream) {
      if (id > this.#lastStream) throw new SpdyProtocolError(`data on stream ${id}`);
      return;
    }
    if (stream.receive(data, isLast)) this.#unreadBytes += data.length;
  }

  #forgetFinished(): void {
    for (const [id, stream] of this.#streams) if (stream.isOver) this.#streams.delete(id);
  }

  #taken(bytes: number): void {
    this.#unreadBytes -= bytes;
    this.#wakeReader();
  }

  async #send(id: number, data: Uint8Array, isLast: boolean): Promise<boolean> {
    let rest = data;
    do {
      const piece = rest.subarray(0, dataBytesMax);
      rest = rest.subarray(piece.length);
      const hasRoom = this.#write(dataHead(id, piece.length, isLast && rest.length === 0), piece);
      if (!hasRoom) await this.#untilDrained();
    } while (rest.length > 0 && !this.signal.aborted);
    return !this.signal.aborted;
  }

  #write(...parts: readonly Uint8Array[]): boolean {
    const { socket, world } = this.#options;
    if (this.signal.aborted || socket.writableEnded || socket.destroyed) return true;
    this.#usedAt = world.monotonic();
    let hasRoom = true;
    socket.cork();
    for (const part of parts) if (part.length > 0) hasRoom = socket.write(part);
    socket.uncork();
    return hasRoom;
  }

  #untilDrained(): Promise<unknown> {
    const { socket } = this.#options;
    this.#drained ??= once(socket, "drain", { signal: this.signal })
      .catch(() => undefined)
      .finally(() => (this.#drained = undefined));
    return this.#drained;
  }

  #onGone(): void {
    this.#gone.abort();
    this.#unpacker.close();
    for (const stream of this.#streams.values()) stream.wasReset();
    this.#streams.clear();
    this.#wakeReader();
  }
}
