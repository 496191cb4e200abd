/**
 * Puts metadata.resourceVersion into the protobuf of an object without decoding it. The stored form
 * has none: the store's revision is the one truth, added when a version is read.
 */

/** ObjectMeta is field 1 of every object; resourceVersion is field 6 of ObjectMeta. */
const metadataTag = 0x0a;
const resourceVersionTag = 0x32;

/** Throws RangeError when the first field of `stored` is not its metadata. */
export function withResourceVersion(stored: Uint8Array, revision: number): Uint8Array {
  if (stored[0] !== metadataTag) throw new RangeError("a stored object starts with its metadata");
  const [length, start] = readVarint(stored, 1);
  const text = String(revision);
  const grown = length + 2 + text.length;
  const header = varintBytes(grown);
  const bytes = new Uint8Array(1 + header.length + (stored.length - start) + 2 + text.length);
  bytes[0] = metadataTag;
  bytes.set(header, 1);
  let at = 1 + header.length;
  bytes.set(stored.subarray(start, start + length), at);
  at += length;
  bytes[at++] = resourceVersionTag;
  bytes[at++] = text.length;
  for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  bytes.set(stored.subarray(start + length), at);
  return bytes;
}

function readVarint(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  let factor = 1;
  let at = from;
  for (; ; at++) {
    const byte = bytes[at];
    if (byte === undefined || at - from > 4) throw new RangeError("malformed length");
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at + 1];
    factor *= 128;
  }
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
