/** Snapshots as bytes: chunks of records, and the manifest that makes them one. */
import { crc32 } from "node:zlib";
import type { SnapshotChunk, SnapshotManifest } from "#proto/gen/kubus/store/v1.ts";
import { DamagedError } from "../log/damage.ts";
import type { DurableStream } from "../log/stream.ts";
import { seal, sealOf, type Sealed, unsealed } from "../log/seal.ts";
import { snapshotChunk, snapshotManifest } from "../wire.ts";

const format = 1;

export const encodeChunk = (chunk: Omit<SnapshotChunk, "format" | "crc">): Sealed =>
  seal(snapshotChunk.encode({ ...chunk, format, crc: unsealed }));

export const encodeManifest = (manifest: Omit<SnapshotManifest, "format" | "crc">): Sealed =>
  seal(snapshotManifest.encode({ ...manifest, format, crc: unsealed }));

/** Throws DamagedError. */
export function readManifest(sequence: number, payload: Uint8Array): SnapshotManifest {
  if (sealOf(payload) === undefined) throw damaged(sequence, "the checksum is wrong");
  const manifest = snapshotManifest.decode(payload);
  if (manifest.format !== format) throw damaged(sequence, `format ${manifest.format} is unknown`);
  return manifest;
}

/** The chunk that comes next in a snapshot, and its checksum. Throws DamagedError. */
export function readChunk(
  manifest: SnapshotManifest,
  index: number,
  sequence: number,
  payload: Uint8Array,
): { readonly chunk: SnapshotChunk; readonly crc: number } {
  const crc = sealOf(payload);
  if (crc === undefined) throw damaged(sequence, "the checksum is wrong");
  const chunk = snapshotChunk.decode(payload);
  if (chunk.format !== format) throw damaged(sequence, `format ${chunk.format} is unknown`);
  if (chunk.revision !== manifest.revision || chunk.index !== index) {
    const found = `chunk ${chunk.index} of revision ${chunk.revision}`;
    throw damaged(sequence, `${found} instead of ${index} of ${manifest.revision}`);
  }
  return { chunk, crc };
}

/**
 * Reads the chunks that a manifest tells of, one at a time; each is given to `take`.
 * Throws DamagedError when one is missing or changed; what was taken till then is worthless.
 */
export async function checkSnapshot(
  snapshots: DurableStream,
  manifest: SnapshotManifest,
  sequence: number,
  take: (chunk: SnapshotChunk) => void,
): Promise<void> {
  const { chunkSequence, chunks, records, chunksCrc } = manifest;
  const { first } = await snapshots.range();
  if (chunks > 0 && first > chunkSequence) {
    throw new DamagedError(`snapshot message ${sequence}: its chunks were removed`);
  }
  let [index, found, crc] = [0, 0, 0];
  for await (const message of snapshots.read(chunkSequence, chunkSequence + chunks - 1)) {
    if (message.sequence !== chunkSequence + index) break;
    const read = readChunk(manifest, index, message.sequence, message.payload);
    take(read.chunk);
    crc = chainCrc(crc, read.crc);
    found += read.chunk.records.length;
    index += 1;
  }
  if (index !== chunks || found !== records || crc !== chunksCrc) {
    throw new DamagedError(`snapshot message ${sequence}: ${index} of ${chunks} chunks are right`);
  }
}

/** One checksum over those of all chunks, carried on from chunk to chunk. */
export function chainCrc(before: number, crc: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc, true);
  return crc32(bytes, before);
}

const damaged = (sequence: number, what: string) =>
  new DamagedError(`snapshot message ${sequence}: ${what}`);
