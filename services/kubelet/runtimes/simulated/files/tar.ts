/** Tar archives as streams: as much as `kubectl cp` and its tools send and understand. */
import { partsOf } from "./tree.ts";
import type { Entry, FileTree, PlainFile } from "./tree.ts";

const blockBytes = 512;
/** Bytes of a long name, or of other facts about an entry. */
const extraBytesMax = 64 * 1024;
const nameBytesMax = 100;

export class TarError extends Error {
  override readonly name = "TarError";
}

const cutOff = () => new TarError("Unexpected EOF in archive");

/** Bytes as they come, taken in the amounts that are wanted. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** At most so many bytes; undefined at the end. */
  async some(bytesMax: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#chunks.next();
      if (done) return undefined;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, bytesMax);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }

  /** So many bytes, or fewer at the end. */
  async exactly(bytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0;) {
      const part = await this.some(left);
      if (!part) break;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}

interface Header {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

/** Writes an archive's entries into a folder. Throws TarError, FileError. */
export async function unpackTar(
  tree: FileTree,
  folder: string,
  archive: AsyncIterable<Uint8Array>,
): Promise<void> {
  const reader = new ByteReader(archive);
  let extra: { name?: string; link?: string } = {};
  while (true) {
    const block = await reader.exactly(blockBytes);
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block);
    const padding = (blockBytes - (header.size % blockBytes)) % blockBytes;
    if ("xgLK".includes(header.type)) {
      if (header.size > extraBytesMax) throw new TarError("Malformed extended header");
      const text = (await reader.exactly(header.size)).toString("utf8");
      extra = { ...extra, ...readExtra(header.type, text) };
    } else {
      const { name = header.name, link = header.link } = extra;
      extra = {};
      await unpackEntry(tree, folder, { ...header, name, link }, reader);
    }
    if ((await reader.exactly(padding)).length < padding) throw cutOff();
  }
  // Who sends may still be sending: it is not to find that nobody listens.
  while (await reader.some(blockBytes)) continue;
}

function readHeader(block: Buffer): Header {
  if (block.length < blockBytes) throw cutOff();
  const text = (start: number, length: number) => {
    const end = block.indexOf(0, start);
    return block.toString("utf8", start, end < 0 ? start + length : Math.min(end, start + length));
  };
  const octal = (start: number, length: number) => parseInt(text(start, length).trim() || "0", 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (octal(148, 8) !== sum) throw new TarError("This does not look like a tar archive");
  const prefix = text(257, 5) === "ustar" ? text(345, 155) : "";
  const name = prefix === "" ? text(0, nameBytesMax) : `${prefix}/${text(0, nameBytesMax)}`;
  const size = (block[124] ?? 0) & 0x80 ? block.readUIntBE(130, 6) : octal(124, 12);
  const type = String.fromCharCode(block[156] || 0x30);
  return { name, mode: octal(100, 8) & 0o777, size, type, link: text(157, nameBytesMax) };
}

function readExtra(type: string, text: string): { name?: string; link?: string } {
  const whole = text.replace(/\0+$/, "");
  if (type === "L") return { name: whole };
  if (type === "K") return { link: whole };
  if (type === "g") return {};
  const [, name] = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text) ?? [];
  const [, link] = /(?:^|\n)\d+ linkpath=([^\n]*)\n/.exec(text) ?? [];
  return { ...(name === undefined ? {} : { name }), ...(link === undefined ? {} : { link }) };
}

async function unpackEntry(
  tree: FileTree,
  folder: string,
  { name, mode, size, type, link }: Header,
  reader: ByteReader,
): Promise<void> {
  const path = `${folder}/${partsOf(name).join("/")}`;
  if (type === "5") tree.makeFolders(path).mode = mode;
  if (type === "2") tree.link(path, link);
  const isFile = type === "0" || type === "7";
  if (isFile) tree.makeFolders(`${path}/..`);
  const file = isFile ? tree.open(path) : undefined;
  for (let left = size; left > 0;) {
    const part = await reader.some(left);
    if (!part) throw cutOff();
    left -= part.length;
    if (file) tree.append(file, part);
  }
  if (file) file.mode = mode;
}

/** The archive of some paths, taken from a folder. Throws FileError. */
export function* packTar(
  tree: FileTree,
  folder: string,
  paths: readonly string[],
): Generator<Uint8Array> {
  for (const path of paths) {
    const from = path.startsWith("/") ? path : `${folder}/${path}`;
    yield* packEntry(path.replace(/^\/+/, ""), tree.getLink(from));
  }
  yield Buffer.alloc(2 * blockBytes);
}

function* packEntry(name: string, entry: Entry): Generator<Uint8Array> {
  switch (entry.type) {
    case "file":
      yield* longName(name);
      yield headerOf(name, entry, "0", entry.size);
      yield* entry.chunks;
      yield Buffer.alloc((blockBytes - (entry.size % blockBytes)) % blockBytes);
      return;
    case "link":
      yield* longName(name);
      yield headerOf(name, entry, "2", 0, entry.target);
      return;
    case "folder": {
      const own = name === "" || name.endsWith("/") ? name : `${name}/`;
      if (own !== "") {
        yield* longName(own);
        yield headerOf(own, entry, "5", 0);
      }
      for (const [child, each] of entry.entries) yield* packEntry(`${own}${child}`, each);
    }
  }
}

/** As GNU tar tells it: an entry before, with the name as its content. */
function* longName(name: string): Generator<Uint8Array> {
  const bytes = Buffer.from(`${name}\0`);
  if (bytes.length <= nameBytesMax) return;
  const facts = { mode: 0o644, changedAt: 0 };
  yield headerOf("././@LongLink", facts, "L", bytes.length);
  yield bytes;
  yield Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes);
}

function headerOf(
  name: string,
  { mode, changedAt }: Pick<PlainFile, "mode" | "changedAt">,
  type: string,
  size: number,
  link = "",
): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, "0"), at);
  header.write(name, 0, nameBytesMax);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(changedAt / 1_000), 136, 11);
  header.write(type, 156);
  header.write(link, 157, nameBytesMax);
  header.write("ustar\u000000", 257);
  header.write("root", 265);
  header.write("root", 297);
  // The checksum counts its own field as blanks.
  header.fill(" ", 148, 156);
  octal(
    header.reduce((total, byte) => total + byte, 0),
    148,
    6,
  );
  header.write("\u0000 ", 154);
  return header;
}
