/** The checksum at the end of everything that the store keeps. */
import { crc32 } from "node:zlib";

/** Tag of field 15, wire type 32 bits: the checksum is a field of the message like any other. */
const crcTag = (15 << 3) | 5;
const sealBytes = 5;

export interface Sealed {
  readonly payload: Uint8Array;
  readonly crc: number;
}

/** Adds the checksum to a message that was encoded without it. */
export function seal(body: Uint8Array): Sealed {
  const crc = crc32(body);
  const payload = new Uint8Array(body.length + sealBytes);
  payload.set(body);
  payload[body.length] = crcTag;
  new DataView(payload.buffer).setUint32(body.length + 1, crc, true);
  return { payload, crc };
}

/** The checksum of an undamaged message; undefined for a damaged one. */
export function sealOf(payload: Uint8Array): number | undefined {
  const end = payload.length - sealBytes;
  if (end < 0 || payload[end] !== crcTag) return undefined;
  const { buffer, byteOffset } = payload;
  const crc = new DataView(buffer, byteOffset).getUint32(end + 1, true);
  return crc32(payload.subarray(0, end)) === crc ? crc : undefined;
}
