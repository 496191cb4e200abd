/** Tells everybody what was committed, and how far the store is. */
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { describeChange } from "../memory/reading.ts";
import type { Change } from "../memory/versions.ts";
import { headsAnnounced, objectChanged } from "../wire.ts";

/** Heads are announced so long after the last change, … */
const settleMs = 75;
/** … and so often in any case. */
const announceMs = 2_000;

/**
 * One message for each change, in revision order, on the subject of its partition. An object that
 * moves is told to the partition that it leaves too, so who follows all of a resource hears of it
 * twice, with the same revision.
 */
export class Broadcast {
  readonly #bus: Bus;
  readonly #world: World;
  readonly #memory: StoreMemory;
  readonly #stopTicking: () => void;
  #cancelSettle: (() => void) | undefined;
  #changedAt = 0;

  constructor(bus: Bus, world: World, memory: StoreMemory) {
    this.#bus = bus;
    this.#world = world;
    this.#memory = memory;
    this.#stopTicking = world.every(announceMs, () => this.announce());
  }

  stop(): void {
    this.#stopTicking();
    this.#cancelSettle?.();
  }

  tell(changes: readonly Change[]): void {
    for (const change of changes) {
      const { moved, version } = change;
      if (moved) this.#publish(change, moved.from);
      this.#publish(change, version.partition);
    }
    this.#changedAt = this.#world.monotonic();
    this.#cancelSettle ??= this.#world.after(settleMs, () => this.#settle());
  }

  announce(): void {
    const heads = [...this.#memory.tables.values()]
      .filter(({ revision }) => revision > 0)
      .map(({ group, resource, revision }) => ({ group, resource, revision }));
    const { revision } = this.#memory;
    this.#bus.publish(this.#bus.subjects.heads(), headsAnnounced.encode({ revision, heads }));
  }

  #publish(change: Change, partition: string): void {
    const { key } = change.entry;
    const subject = this.#bus.subjects.watch(key, partition);
    this.#bus.publish(subject, objectChanged.encode(describeChange(change, partition, false)));
  }

  #settle(): void {
    const quietMs = this.#world.monotonic() - this.#changedAt;
    // While changes keep coming, each tells its predecessor: only the last one needs the heads.
    if (quietMs < settleMs) {
      this.#cancelSettle = this.#world.after(settleMs - quietMs, () => this.#settle());
      return;
    }
    this.#cancelSettle = undefined;
    this.announce();
  }
}
