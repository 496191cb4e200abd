/** Writes a snapshot when the log behind the window has grown enough. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { type SnapshotPlace, writeSnapshot } from "./write.ts";

const lookMs = 1_000;
/** Milliseconds after a snapshot that failed. */
const againMs = 30_000;

/**
 * Looks every second whether the log that a snapshot would make superfluous exceeds `tailBytesMax`
 * and a quarter of the state; returns what ends it.
 */
export function keepSnapshots(
  world: World,
  log: Logger,
  tailBytesMax: number,
  place: SnapshotPlace,
): () => void {
  let isWriting = false;
  let notBefore = 0;
  const write = async () => {
    isWriting = true;
    const startedAt = world.monotonic();
    try {
      const written = await writeSnapshot(place);
      const milliseconds = Math.round(world.monotonic() - startedAt);
      log.info({ ...written, milliseconds }, "snapshot written");
    } catch (error) {
      if (!place.signal.aborted) log.warn({ err: error }, "no snapshot could be written");
      notBefore = world.monotonic() + againMs;
    }
    isWriting = false;
  };
  return world.every(lookMs, () => {
    const { cuttableBytes, valueBytes } = place.memory;
    const isLarge = cuttableBytes > Math.max(tailBytesMax, valueBytes / 4);
    if (isLarge && !isWriting && world.monotonic() >= notBefore) void write();
  });
}
