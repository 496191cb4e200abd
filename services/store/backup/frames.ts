/** The frames of a backup file (backup.proto), checked byte by byte. Pure but for its input. */
import { crc32 } from "node:zlib";
import type { BackupFrame } from "#proto/gen/kubus/store/v1.ts";
import { DamagedError } from "../log/damage.ts";

const magic = new TextEncoder().encode("KUBUSBAK");
const version = 1;
const startBytes = magic.length + 4;
const headBytes = 5;
const crcBytes = 4;
/** Larger than any message of a NATS server; a length beyond it is a damaged one. */
const payloadBytesMax = 64 * 1024 * 1024;

const kinds: readonly Exclude<BackupFrame, "BACKUP_FRAME_UNSPECIFIED">[] = [
  "BACKUP_FRAME_HEADER",
  "BACKUP_FRAME_MANIFEST",
  "BACKUP_FRAME_CHUNK",
  "BACKUP_FRAME_BATCH",
  "BACKUP_FRAME_END",
];

export interface Frame {
  readonly kind: BackupFrame;
  readonly payload: Uint8Array;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
}

/** Makes the bytes of a file, one piece after the other. */
export class FrameEncoder {
  #crc = 0;

  /** What the file begins with. */
  start(): Uint8Array {
    const bytes = new Uint8Array(startBytes);
    bytes.set(magic);
    new DataView(bytes.buffer).setUint32(magic.length, version, true);
    this.#crc = crc32(bytes);
    return bytes;
  }

  frame(kind: (typeof kinds)[number], payload: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(headBytes + payload.length + crcBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, payload.length, true);
    bytes[4] = kinds.indexOf(kind) + 1;
    bytes.set(payload, headBytes);
    const end = headBytes + payload.length;
    const crc = crc32(bytes.subarray(0, end), this.#crc);
    view.setUint32(end, crc, true);
    this.#crc = crc32(bytes.subarray(end), crc);
    return bytes;
  }
}

/**
 * The frames of a file, as they come. Throws DamagedError with the place where the file is not what
 * was written; whether an end was there is for the reader of the frames to say.
 */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const input = new Input(source);
  const start = await input.take(startBytes);
  if (start === undefined || !sameStart(start)) {
    throw new DamagedError("this is not a backup of Kubus: its first bytes are others");
  }
  const found = new DataView(start.buffer, start.byteOffset).getUint32(magic.length, true);
  if (found !== version) {
    throw new DamagedError(`this backup has format ${found}; this Kubus reads ${version}`);
  }
  let crc = crc32(start);
  while (true) {
    const offset = input.offset;
    const head = await input.take(headBytes);
    if (head === undefined) {
      if (input.rest > 0) throw damaged(offset, "the file ends inside a frame");
      return;
    }
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    const kind = kinds[(head[4] ?? 0) - 1];
    if (length > payloadBytesMax || kind === undefined) {
      throw damaged(offset, "no frame of a backup begins here");
    }
    const body = await input.take(length + crcBytes);
    if (body === undefined) throw damaged(offset, "the file ends inside this frame");
    crc = crc32(body.subarray(0, length), crc32(head, crc));
    const told = new DataView(body.buffer, body.byteOffset).getUint32(length, true);
    if (told !== crc) {
      throw damaged(offset, `a byte from here to ${input.offset} is not what was written`);
    }
    crc = crc32(body.subarray(length), crc);
    yield { kind, payload: body.subarray(0, length), offset };
  }
}

const sameStart = (start: Uint8Array) => magic.every((byte, index) => start[index] === byte);

const damaged = (offset: number, what: string) =>
  new DamagedError(`the backup is damaged at byte ${offset}: ${what}`);

/** Takes pieces of any length from pieces as they come. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>;
  #pieces: Uint8Array[] = [];
  #held = 0;
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that are left when too few came. */
  get rest(): number {
    return this.#held;
  }

  /** A copy of the next bytes; undefined when the input ends before. */
  async take(count: number): Promise<Uint8Array | undefined> {
    while (this.#held < count) {
      const { value, done } = await this.#source.next();
      if (done) return undefined;
      this.#pieces.push(value);
      this.#held += value.length;
    }
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const piece = this.#pieces[0] ?? new Uint8Array(0);
      const part = piece.subarray(0, count - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#held -= count;
    this.offset += count;
    return taken;
  }
}
