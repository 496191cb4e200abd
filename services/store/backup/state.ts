/** The state that a store would serve from what is kept, read beside it. */
import type { Logger } from "pino";
import type { LogPosition } from "../log/position.ts";
import { applyBatch, checkCoverage } from "../log/replay.ts";
import { checkTestimony, readTestimony } from "../log/witness.ts";
import { StoreMemory } from "../memory/memory.ts";
import { loadSnapshot } from "../snapshot/load.ts";
import { type Kept, uncut } from "./kept.ts";
import { noWindow } from "./start.ts";

/** Rejects with DamagedError. */
export const loadState = (kept: Kept, log: Logger): Promise<StoreMemory> =>
  uncut(kept, () => loadOnce(kept, log));

async function loadOnce(kept: Kept, log: Logger): Promise<StoreMemory> {
  const { bus, heads, snapshots } = kept;
  const testimony = await readTestimony(heads, bus, log);
  const empty = () => new StoreMemory(noWindow);
  const { memory, position: start } = await loadSnapshot(snapshots, bus.subjects, log, empty);
  const { first, last, messages } = await kept.log.range();
  checkCoverage(start, first, last, messages);
  let position: LogPosition = start;
  for await (const { sequence, payload } of kept.log.read(start.sequence + 1, last)) {
    ({ position } = applyBatch(memory, position, sequence, payload));
  }
  if (testimony) checkTestimony(testimony, position);
  return memory;
}
