/** Makes room for the next snapshot. */
import type { Bus } from "#libs/bus/bus.ts";
import { DamagedError } from "../log/damage.ts";
import type { DurableStream } from "../log/stream.ts";
import { checkSnapshot, readManifest } from "./format.ts";
import { newestManifest } from "./load.ts";

export interface Cutting {
  readonly subjects: Bus["subjects"];
  readonly log: DurableStream;
  readonly snapshots: DurableStream;
  readonly signal: AbortSignal;
}

export type Cut = "cut" | "damaged" | "none";

/**
 * Removes the snapshots before the newest one, and the log behind that. The newest is read first:
 * while it is damaged nothing is removed, and once the next is written this one counts no more.
 * A crash in between leaves more than is needed, never less.
 */
export async function cutBehindNewest({ subjects, log, snapshots, signal }: Cutting): Promise<Cut> {
  const newest = await newestManifest(snapshots, subjects.snapshot("manifest"));
  if (!newest) return "none";
  try {
    const manifest = readManifest(newest.sequence, newest.payload);
    await checkSnapshot(snapshots, manifest, newest.sequence, () => signal.throwIfAborted());
    await snapshots.cutBefore(manifest.chunkSequence);
    await log.cutBefore(manifest.logSequence + 1);
    return "cut";
  } catch (error) {
    if (error instanceof DamagedError) return "damaged";
    throw error;
  }
}
