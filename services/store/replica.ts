/** What one store holds of the log: the state in memory, and the place up to which it is right. */
import type { Host } from "#libs/actor/component.ts";
import { countingBuffers } from "#libs/actor/heap.ts";
import type { LogBatch } from "#proto/gen/kubus/store/v1.ts";
import type { Newest } from "./leadership/claim.ts";
import { DamagedError } from "./log/damage.ts";
import type { LogPosition } from "./log/position.ts";
import { replayLog } from "./log/replay.ts";
import type { DurableStream } from "./log/stream.ts";
import { readTestimony } from "./log/witness.ts";
import { StoreMemory } from "./memory/memory.ts";
import type { StoreSettings } from "./settings.ts";
import { readManifest } from "./snapshot/format.ts";
import { loadSnapshot } from "./snapshot/load.ts";

export interface Streams {
  readonly log: DurableStream;
  readonly heads: DurableStream;
  readonly snapshots: DurableStream;
}

/** How often the log may be cut by its leader while it is read. */
const replaysMax = 5;

export class Replica {
  readonly #host: Host;
  readonly #settings: StoreSettings;
  #memory: StoreMemory;
  #position: LogPosition | undefined;
  #newest: Newest = "unknown";

  constructor(host: Host, settings: StoreSettings) {
    this.#host = host;
    this.#settings = settings;
    this.#memory = new StoreMemory(settings);
  }

  get memory(): StoreMemory {
    return this.#memory;
  }

  /** How far the memory is; undefined until a snapshot, or that there is none, was read. */
  get position(): LogPosition | undefined {
    return this.#position;
  }

  get newest(): Newest {
    return this.#newest;
  }

  /** The memory holds the log up to here. */
  advance(
    position: LogPosition,
    { leader, resigned }: Pick<LogBatch, "leader" | "resigned">,
  ): void {
    this.#position = position;
    this.#newest = { leader, resigned, readAtMs: this.#host.world.monotonic() };
  }

  /** The memory holds the log up to here, but somebody else wrote more. */
  fallBehind(position: LogPosition): void {
    this.#position = position;
    this.#newest = "unknown";
  }

  /** To be read anew from the newest snapshot; until then cached reads see what was. */
  forget(): void {
    this.#position = undefined;
    this.#newest = "unknown";
  }

  /**
   * Reads the newest snapshot, unless something was read before, and the log up to its end. Rejects
   * with a DamagedError when they are not what was written. A leader that cuts the log behind a
   * newer snapshot meanwhile only makes it read that one.
   */
  async catchUp(streams: Streams): Promise<LogPosition> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await countingBuffers(() => this.#read(streams));
      } catch (error) {
        const mayBeCut = error instanceof DamagedError && attempt < replaysMax;
        if (!mayBeCut || !(await this.#isOutrun(streams))) throw error;
        this.#host.log.warn(`reading the log anew: ${error.message}`);
        this.forget();
      }
    }
  }

  async #read({ log: stream, heads, snapshots }: Streams): Promise<LogPosition> {
    const { bus, world, log } = this.#host;
    if (!this.#position) {
      const empty = () => new StoreMemory(this.#settings);
      const loaded = await loadSnapshot(snapshots, bus.subjects, log, empty);
      this.#memory = loaded.memory;
      this.#position = loaded.position;
    }
    const position = await replayLog({
      stream,
      memory: this.#memory,
      from: this.#position,
      testimony: await readTestimony(heads, bus, log),
      lossMsMin: this.#settings.lossMsMin,
      onBatch: (position, batch) => this.advance(position, batch),
      world,
      log,
    });
    if (position.sequence === 0) this.#newest = "none";
    return position;
  }

  /** Whether the log begins behind what was read, and there is a snapshot from which it goes on. */
  async #isOutrun({ log, snapshots }: Streams): Promise<boolean> {
    const { first } = await log.range();
    if (first <= (this.#position?.sequence ?? 0) + 1) return false;
    const newest = await snapshots.lastOn(this.#host.bus.subjects.snapshot("manifest"));
    if (!newest) return false;
    return readManifest(newest.sequence, newest.payload).logSequence + 1 >= first;
  }
}
