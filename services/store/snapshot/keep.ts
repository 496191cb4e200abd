/** Writes a snapshot when the log behind the window has grown enough. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { type SnapshotPlace, writeSnapshot } from "./write.ts";

/** Milliseconds after a snapshot that failed. */
const againMs = 30_000;

/**
 * Returns what is to be called whenever the floor may have risen: it starts a snapshot when the log
 * that this makes superfluous exceeds `tailBytesMax` and a quarter of the state.
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
    const startedAt = world.monotonic();
    try {
      const written = await writeSnapshot(place);
      const milliseconds = Math.round(world.monotonic() - startedAt);
      log.info({ ...written, milliseconds }, "snapshot written");
      if (written.older === "damaged") log.error("the snapshot before this one is damaged");
    } catch (error) {
      if (!place.signal.aborted) log.warn({ err: error }, "no snapshot could be written");
      notBefore = world.monotonic() + againMs;
    }
    isWriting = false;
  };
  return () => {
    const { cuttableBytes, valueBytes } = place.memory;
    const isLarge = cuttableBytes > Math.max(tailBytesMax, valueBytes / 4);
    if (!isLarge || isWriting || place.signal.aborted || world.monotonic() < notBefore) return;
    isWriting = true;
    void write();
  };
}
