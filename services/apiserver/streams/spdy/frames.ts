/** Frames of SPDY/3.1, as bytes and as values. Pure. */
import { SpdyProtocolError } from "./headers.ts";

const version = 3;
const headBytes = 8;
/** Bytes of a control frame; data frames need not be kept whole. */
const controlBytesMax = 32 * 1024;
const idMask = 0x7fffffff;
const finFlag = 1;

const types = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

/** Status of a stream that is cut off. */
export const resets = { protocolError: 1, refused: 3, cancel: 5, internalError: 6 } as const;

/** What is received. `packed` headers are still compressed. */
export type SpdyFrame =
  | {
      readonly type: "open";
      readonly stream: number;
      readonly packed: Buffer;
      readonly fin: boolean;
    }
  | { readonly type: "reply"; readonly packed: Buffer; readonly stream: number }
  | { readonly type: "headers"; readonly packed: Buffer; readonly stream: number }
  /** A piece of a data frame; `fin` with the last. */
  | {
      readonly type: "data";
      readonly stream: number;
      readonly data: Buffer;
      readonly fin: boolean;
    }
  | { readonly type: "reset"; readonly stream: number; readonly status: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway" }
  /** Settings, window updates, and what a later version may add. */
  | { readonly type: "ignored" };

/** Cuts bytes into frames; keeps no more than one control frame. */
export class FrameParser {
  #held: Buffer = Buffer.alloc(0);
  /** Of the data frame that is being received. */
  #open: { readonly stream: number; readonly fin: boolean; left: number } | undefined;

  /** The frames that are complete now, in order. Throws SpdyProtocolError. */
  *push(chunk: Buffer): Generator<SpdyFrame> {
    let bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    while (bytes.length > 0) {
      if (this.#open) {
        const data = bytes.subarray(0, this.#open.left);
        bytes = bytes.subarray(data.length);
        yield this.#piece(this.#open, data);
        continue;
      }
      if (bytes.length < headBytes) break;
      const length = bytes.readUInt32BE(4) & 0xffffff;
      if ((bytes[0] ?? 0) < 0x80) {
        const fin = ((bytes[4] ?? 0) & finFlag) !== 0;
        this.#open = { stream: bytes.readUInt32BE(0) & idMask, fin, left: length };
        bytes = bytes.subarray(headBytes);
        if (length === 0) yield this.#piece(this.#open, Buffer.alloc(0));
        continue;
      }
      if (length > controlBytesMax) throw new SpdyProtocolError(`a frame of ${length} bytes`);
      if (bytes.length < headBytes + length) break;
      yield controlFrame(bytes.subarray(0, headBytes + length));
      bytes = bytes.subarray(headBytes + length);
    }
    this.#held = Buffer.from(bytes);
  }

  #piece(open: { stream: number; fin: boolean; left: number }, data: Buffer): SpdyFrame {
    open.left -= data.length;
    const isLast = open.left === 0;
    if (isLast) this.#open = undefined;
    return { type: "data", stream: open.stream, data, fin: open.fin && isLast };
  }
}

function controlFrame(frame: Buffer): SpdyFrame {
  const found = frame.readUInt16BE(0) & 0x7fff;
  if (found !== version) throw new SpdyProtocolError(`version ${found} of SPDY`);
  const type = frame.readUInt16BE(2);
  const fin = ((frame[4] ?? 0) & finFlag) !== 0;
  const body = frame.subarray(headBytes);
  const need = (bytes: number) => {
    if (body.length < bytes) throw new SpdyProtocolError(`frame of type ${type} is cut off`);
  };
  const id = () => {
    need(4);
    return body.readUInt32BE(0) & idMask;
  };
  switch (type) {
    case types.synStream:
      need(10);
      return { type: "open", stream: id(), packed: body.subarray(10), fin };
    case types.synReply:
      return { type: "reply", stream: id(), packed: body.subarray(4) };
    case types.headers:
      return { type: "headers", stream: id(), packed: body.subarray(4) };
    case types.rstStream:
      need(8);
      return { type: "reset", stream: id(), status: body.readUInt32BE(4) };
    case types.ping:
      need(4);
      return { type: "ping", id: body.readUInt32BE(0) };
    case types.goAway:
      return { type: "goAway" };
    default:
      return { type: "ignored" };
  }
}

function control(type: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(headBytes);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  head.writeUInt16BE(0x8000 | version, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(length, 4);
  head.writeUInt8(flags, 4);
  return Buffer.concat([head, ...parts]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

export const synStreamFrame = (stream: number, packed: Buffer): Buffer =>
  control(types.synStream, 0, numbers(stream, 0), Buffer.alloc(2), packed);
export const synReplyFrame = (stream: number, packed: Buffer): Buffer =>
  control(types.synReply, 0, numbers(stream), packed);
export const resetFrame = (stream: number, status: number): Buffer =>
  control(types.rstStream, 0, numbers(stream, status));
export const pingFrame = (id: number): Buffer => control(types.ping, 0, numbers(id));
export const goAwayFrame = (lastStream: number, status: number): Buffer =>
  control(types.goAway, 0, numbers(lastStream, status));

/** The head of a data frame; its bytes follow. */
export function dataHead(stream: number, length: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(stream, 0);
  head.writeUInt32BE(length, 4);
  head.writeUInt8(isLast ? finFlag : 0, 4);
  return head;
}
