/** Tar archives, as much of them as images need: pure. */

export interface TarEntry {
  /** Without a leading slash. */
  readonly path: string;
  readonly mode: number;
  /** A file's content … */
  readonly data?: Uint8Array;
  /** … or where a symbolic link leads; neither: a folder. */
  readonly link?: string;
}

const blockBytes = 512;
/** ustar without the prefix field. */
const pathBytesMax = 100;

/** The archive's bytes. Throws for a path or link of more than 100 bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const data = Buffer.from(entry.data ?? []);
    const padding = Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes);
    return [headerOf(entry, data.length), data, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function headerOf({ path, mode, data, link }: TarEntry, size: number): Buffer {
  const name = data || link !== undefined ? path : `${path}/`;
  for (const text of [name, link ?? ""]) {
    if (Buffer.byteLength(text) > pathBytesMax) throw new Error(`too long for tar: ${text}`);
  }
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, "0"), at);
  header.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  header.write(link === undefined ? (data ? "0" : "5") : "2", 156);
  header.write(link ?? "", 157);
  header.write("ustar\u000000", 257);
  // The checksum counts its own field as blanks.
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 6);
  header.write("\u0000 ", 154);
  return header;
}
