/**
 * Values that came in one message share its bytes: nothing is copied when a log of half a million
 * records is read, and a value costs no buffer of its own. So that a few values do not keep a large
 * message alive, they move out when less than half of it is in use: values take at most twice
 * their bytes.
 */
import type { Version } from "./versions.ts";

/** The bytes of one message. */
export interface Slab {
  readonly buffer: ArrayBufferLike;
  /** Bytes of values that are still wanted. */
  usedBytes: number;
  /** All that ever were in it; one that is not any more has another slab, or none. */
  readonly versions: Version[];
}

/** Bytes beside it that a value may keep alive by itself: the rest of its own request. */
const pinnedBytesMax = 512;

export class Slabs {
  /** The slab that values were held in last: those of one message come one behind the other. */
  #newest: Slab | undefined;

  /** Looks after the bytes of a version, from before it is first read until it is released. */
  hold(version: Version): void {
    const { value } = version;
    if (!value || value.buffer.byteLength <= value.byteLength + pinnedBytesMax) return;
    if (this.#newest?.buffer !== value.buffer) {
      const done = this.#newest;
      this.#newest = { buffer: value.buffer, usedBytes: 0, versions: [] };
      if (done) clearWhenSparse(done);
    }
    const slab = this.#newest as Slab;
    slab.usedBytes += value.byteLength;
    slab.versions.push(version);
    version.slab = slab;
  }

  /** Nobody can ask for the version any more. */
  release(version: Version): void {
    const { slab, value } = version;
    if (!slab) return;
    version.slab = undefined;
    slab.usedBytes -= value?.byteLength ?? 0;
    if (slab !== this.#newest) clearWhenSparse(slab);
  }
}

function clearWhenSparse(slab: Slab): void {
  if (slab.usedBytes * 2 >= slab.buffer.byteLength) return;
  for (const version of slab.versions) {
    if (version.slab !== slab) continue;
    version.value = version.value && Uint8Array.prototype.slice.call(version.value);
    version.slab = undefined;
  }
  slab.versions.length = 0;
  slab.usedBytes = 0;
}
