import protobuf from "protobufjs/minimal.js";

/** Longer texts seldom come again. */
const internedBytesMax = 40;
const internedTextsMax = 4_096;
const internedTexts: (string | undefined)[] = Array.from({ length: internedTextsMax });

/** What Node has beside its documented methods; protobufjs uses it too. */
interface TextBuffer extends Buffer {
  utf8Slice(start: number, end: number): string;
}

/**
 * Reads texts and 64-bit numbers faster than its parent. Objects repeat the same short texts over
 * and over: those are kept in a table of bounded size and shared, which saves decoding and memory.
 */
export class ObjectReader extends protobuf.BufferReader {
  constructor(bytes: Uint8Array) {
    super(
      Buffer.isBuffer(bytes)
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }

  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    const end = start + length;
    if (end > this.len) throw new RangeError("a text runs past the end of the bytes");
    this.pos = end;
    return length > internedBytesMax
      ? (this.buf as TextBuffer).utf8Slice(start, end)
      : interned(this.buf as TextBuffer, start, end);
  }

  /** What a field of bytes holds: a copy of its own. */
  valueBytes(): Uint8Array {
    return new Uint8Array(this.bytes());
  }

  /** Exact below 2^53. */
  number64(): number | bigint {
    const byte = this.buf[this.pos];
    if (byte !== undefined && byte < 128) {
      this.pos += 1;
      return byte;
    }
    return this.longNumber();
  }

  protected longNumber(): number | bigint {
    return Number(this.int64());
  }
}

/** Gives integers beyond 2^53 as bigints. */
export class ExactReader extends ObjectReader {
  protected override longNumber(): number | bigint {
    const start = this.pos;
    const value = Number(this.int64());
    if (Number.isSafeInteger(value)) return value;
    let bits = 0n;
    for (let at = start; at < this.pos; at += 1) {
      bits |= BigInt((this.buf[at] ?? 0) & 0x7f) << BigInt(7 * (at - start));
    }
    return BigInt.asIntN(64, bits);
  }
}

/** Gives fields of bytes as views of the message: it lives for as long as one of them. */
export class ViewingReader extends ObjectReader {
  override valueBytes(): Uint8Array {
    const length = this.uint32();
    const start = this.pos;
    if (start + length > this.len) throw new RangeError("bytes run past the end of the bytes");
    this.pos = start + length;
    const { buffer, byteOffset } = this.buf;
    return new Uint8Array(buffer, byteOffset + start, length);
  }
}

function interned(bytes: TextBuffer, start: number, end: number): string {
  const length = end - start;
  let hash = length;
  for (let at = start; at < end; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const slot = hash & (internedTextsMax - 1);
  const known = internedTexts[slot];
  if (known?.length === length && isSame(known, bytes, start)) return known;
  const text = bytes.utf8Slice(start, end);
  internedTexts[slot] = text;
  return text;
}

/** Whether a text's characters are these bytes; false beyond ASCII. */
function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
