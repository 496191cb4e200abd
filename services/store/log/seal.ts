/** The checksum at the end of everything that the store keeps. */
import { crc32 } from "node:zlib";

/** Tag of field 15, wire type 32 bits: the checksum is a field of the message like any other. */
const crcTag = (15 << 3) | 5;
const sealBytes = 5;

export interface Sealed {
  readonly payload: Uint8Array;
  readonly crc: number;
}

/** What a message is encoded with where its checksum will be. */
export const unsealed = 1;

/** Puts the checksum into a message that was encoded with `unsealed`: nothing is copied. */
export function seal(payload: Uint8Array): Sealed {
  const end = payload.length - sealBytes;
  if (payload[end] !== crcTag) throw new Error("the message does not end with its checksum");
  const crc = crc32(payload.subarray(0, end));
  new DataView(payload.buffer, payload.byteOffset).setUint32(end + 1, crc, true);
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
