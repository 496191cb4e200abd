/** What a store does while another leads: reads the log as it grows, and waits for its turn. */
import type { Host } from "#libs/actor/component.ts";
import type { LogBatch } from "#proto/gen/kubus/store/v1.ts";
import type { LogPosition } from "../log/position.ts";
import { applyBatch } from "../log/replay.ts";
import type { DurableStream, StoredMessage } from "../log/stream.ts";
import type { Tail } from "../log/tail.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { hearsItself } from "../presence.ts";
import { leaderAnnounced } from "../wire.ts";
import { type Newest, claimInMs } from "./claim.ts";

export interface FollowingOptions {
  readonly host: Host;
  readonly log: DurableStream;
  readonly memory: StoreMemory;
  /** Where the memory stands. */
  readonly position: LogPosition;
  readonly newest: Newest;
  /** This life, as it would sign batches. */
  readonly self: string;
  /** A leader of which is known that it lives no more. */
  readonly dead: string | undefined;
  readonly silentMs: number;
  /** The memory holds one more batch. */
  readonly onBatch: (position: LogPosition, batch: LogBatch) => void;
  /** Somebody leads. */
  readonly onLed: () => void;
  /** Nobody seems to lead, as long as it was waited for. */
  readonly onClaimDue: () => void;
  /** The log is damaged, or was cut before it was read. */
  readonly onFault: (error: Error) => void;
}

/** Milliseconds between two tries to hear anything. */
const againMs = 100;

export class Following {
  readonly #options: FollowingOptions;
  readonly #tail: Tail;
  readonly #ending = new AbortController();
  readonly #stops: (() => void)[] = [];
  #position: LogPosition;
  #newest: Newest;
  #heardAtMs: number;

  /** Starts at once. */
  constructor(options: FollowingOptions) {
    this.#options = options;
    const { host, log, position, newest } = options;
    const { bus, world } = host;
    this.#position = position;
    this.#newest = newest;
    this.#heardAtMs = world.monotonic();
    this.#tail = log.follow(position.sequence + 1, {
      onMessage: (message) => this.#read(message),
      onFault: options.onFault,
      onTrouble: (error) => host.log.warn({ err: error }, "the log cannot be followed now"),
    });
    const beats = bus.subscribe(bus.subjects.storeLeader(), ({ data }) => this.#hear(data));
    this.#stops.push(() => beats.unsubscribe());
    void this.#waitForTurn();
  }

  stop(): void {
    this.#ending.abort(new Error("the store follows no more"));
    this.#tail.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  #read({ sequence, payload }: StoredMessage): void {
    const { memory, host, onBatch } = this.#options;
    const { position, batch } = applyBatch(memory, this.#position, sequence, payload);
    const { leader, resigned } = batch;
    this.#position = position;
    this.#newest = { leader, resigned, readAtMs: host.world.monotonic() };
    onBatch(position, batch);
    if (resigned) this.#wake();
  }

  #hear(data: Uint8Array): void {
    const { epoch, logSequence, able } = leaderAnnounced.decode(data);
    // One that was deposed may not know it yet.
    if (epoch < this.#position.epoch) return;
    this.#tail.expect(logSequence);
    if (!able) return;
    this.#heardAtMs = this.#options.host.world.monotonic();
    this.#options.onLed();
  }

  #wake: () => void = () => undefined;

  async #waitForTurn(): Promise<void> {
    const { host } = this.#options;
    const { world } = host;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const waitMs = this.#claimInMs();
      if (waitMs > 0) {
        await this.#sleep(waitMs);
        continue;
      }
      // One that was stopped or cut off hears now of the leader that was there all the time.
      const isHearing = await hearsItself(host);
      if (signal.aborted) return;
      if (!isHearing) await world.sleep(againMs, signal).catch(() => undefined);
      else if (this.#claimInMs() === 0) return this.#options.onClaimDue();
    }
  }

  #claimInMs(): number {
    const { host, self, dead, silentMs } = this.#options;
    return claimInMs({
      nowMs: host.world.monotonic(),
      newest: this.#newest,
      self,
      dead,
      heardAtMs: this.#heardAtMs,
      silentMs,
    });
  }

  /** Until the time is over, the log says that its leader resigned, or this store stops. */
  #sleep(waitMs: number): Promise<void> {
    const { world } = this.#options.host;
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = world.after(waitMs, end);
      signal.addEventListener("abort", end);
      this.#wake = end;
    });
  }
}
