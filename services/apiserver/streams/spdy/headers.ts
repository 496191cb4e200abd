/** Headers of SPDY/3.1: blocks of names and values, compressed with a state that lasts. */
import { createInflate, type Inflate } from "node:zlib";
import { dictionary, dictionaryId } from "./dictionary.ts";

/** By lower-case name; several values are joined with a zero byte. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** Bytes of one block, unpacked: Kubernetes' clients send a hundred. */
const blockBytesMax = 16 * 1024;
const lengthBytes = 4;

export class SpdyProtocolError extends Error {
  override readonly name = "SpdyProtocolError";
}

/** An unpacked block. Throws SpdyProtocolError. */
export function parseBlock(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = () => {
    if (at + lengthBytes > block.length) throw new SpdyProtocolError("headers are cut off");
    at += lengthBytes;
    return block.readUInt32BE(at - lengthBytes);
  };
  const text = () => {
    const length = number();
    if (at + length > block.length) throw new SpdyProtocolError("headers are cut off");
    at += length;
    return block.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) {
    const name = text().toLowerCase();
    if (name === "" || headers.has(name)) throw new SpdyProtocolError(`bad header "${name}"`);
    headers.set(name, text());
  }
  return headers;
}

/** The block of some headers, unpacked. */
export function blockOf(headers: SpdyHeaders): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(lengthBytes);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string) => [number(Buffer.byteLength(value)), Buffer.from(value)];
  const parts = [...headers].flatMap(([name, value]) => [...text(name), ...text(value)]);
  return Buffer.concat([number(headers.size), ...parts]);
}

/** zlib's first bytes: deflate with a 32 KiB window, and a dictionary whose sum follows. */
const zlibHead = Buffer.from([0x78, 0x20, 0, 0, 0, 0]);
zlibHead.writeUInt32BE(dictionaryId, 2);
/** A deflate block that is stored as it is, and not the last one. */
const storedHeadBytes = 5;
/** An empty block: Go's decompressor gives out what came before only when it sees one. */
const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);

/**
 * Packs blocks for one direction of one connection. They are stored, not compressed: replies have
 * no headers, and so packing needs no state and no waiting.
 */
export class BlockPacker {
  #hasBegun = false;

  pack(headers: SpdyHeaders): Buffer {
    const block = blockOf(headers);
    if (block.length > blockBytesMax) throw new SpdyProtocolError("too many headers");
    const head = Buffer.alloc(storedHeadBytes);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    const start = this.#hasBegun ? [] : [zlibHead];
    this.#hasBegun = true;
    return Buffer.concat([...start, head, block, flush]);
  }
}

/** Unpacks the blocks of one direction of one connection, one after the other. */
export class BlockUnpacker {
  readonly #inflate: Inflate;
  #parts: Buffer[] = [];
  #bytes = 0;
  #fail: (error: Error) => void = () => undefined;

  constructor() {
    this.#inflate = createInflate({ dictionary });
    this.#inflate.on("data", (part: Buffer) => this.#keep(part));
    this.#inflate.on("error", (error) => this.#fail(error));
  }

  /** Rejects with SpdyProtocolError; nothing can be unpacked after that. */
  async unpack(packed: Buffer): Promise<SpdyHeaders> {
    this.#parts = [];
    this.#bytes = 0;
    await new Promise<void>((resolve, reject) => {
      this.#fail = ({ message }) => reject(new SpdyProtocolError(`packed headers: ${message}`));
      this.#inflate.write(packed, (error) => {
        if (error) this.#fail(error);
        else resolve();
      });
    });
    if (this.#bytes > blockBytesMax) throw new SpdyProtocolError("too many headers");
    return parseBlock(Buffer.concat(this.#parts));
  }

  close(): void {
    this.#inflate.destroy();
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > blockBytesMax) {
      this.#inflate.destroy(new Error(`more than ${blockBytesMax} bytes`));
      return;
    }
    this.#parts.push(part);
  }
}
