/** As much of DER (X.690) as certificate requests need. */

export class DerError extends Error {}

/** A value with its tag; `whole` includes both. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

export const derTags = { bitString: 0x03, objectId: 0x06, sequence: 0x30 } as const;

const longLength = 0x80;
const lengthBytesMax = 4;
const identifierBytes = 2;

/** The values that follow one another in `bytes`. */
export function derValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const value = firstValue(rest);
    values.push(value);
    rest = rest.subarray(value.whole.length);
  }
  return values;
}

function firstValue(bytes: Buffer): DerValue {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined) throw truncated();
  const lengthBytes = first < longLength ? 0 : first - longLength;
  const headBytes = identifierBytes + lengthBytes;
  if (lengthBytes > lengthBytesMax) throw new DerError("asn1: structure error: length too large");
  if (bytes.length < headBytes) throw truncated();
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(identifierBytes, lengthBytes);
  const end = headBytes + length;
  if (bytes.length < end) throw truncated();
  return { tag, content: bytes.subarray(headBytes, end), whole: bytes.subarray(0, end) };
}

const truncated = () => new DerError("asn1: syntax error: data truncated");

/** A value that has to be there, with that tag. */
export function expectValue(value: DerValue | undefined, tag: number): DerValue {
  if (value === undefined) throw new DerError("asn1: syntax error: sequence truncated");
  if (value.tag !== tag) throw new DerError("asn1: structure error: tags don't match");
  return value;
}

const arcBits = 7;
const moreBit = 0x80;
const firstArcs = 40;

/** An object identifier as people write it. */
export function objectIdText(content: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 2 ** arcBits + (byte % moreBit);
    if (byte >= moreBit) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [joined = 0, ...rest] = arcs;
  const first = Math.min(Math.floor(joined / firstArcs), 2);
  return [first, joined - first * firstArcs, ...rest].join(".");
}

const bmpTag = 0x1e;
const utf8Tag = 0x0c;

/** The text of a string, of whatever kind. */
export function derText({ tag, content }: DerValue): string {
  if (tag === utf8Tag) return content.toString("utf8");
  // Two bytes for each character, the higher first.
  if (tag === bmpTag) return Buffer.from(content).swap16().toString("utf16le");
  return content.toString("latin1");
}
