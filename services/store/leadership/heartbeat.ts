/** A leader says that it is there, and looks whether its log answers. */
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { leaderAnnounced } from "../wire.ts";
import type { LeadershipTimes } from "./times.ts";

export interface HeartbeatOptions {
  readonly bus: Bus;
  readonly world: World;
  readonly times: LeadershipTimes;
  readonly epoch: number;
  readonly leader: string;
  /** How far the log is written. */
  readonly logSequence: () => number;
  /** Milliseconds that an append has been waiting for its answer; 0: none is. */
  readonly appendMs: () => number;
  /** A store with a higher epoch says that it leads. */
  readonly onDeposed: (leader: string) => void;
  /** An append waits for too long, … */
  readonly onStalled: (appendMs: number) => void;
  /** … and has its answer now. */
  readonly onRecovered: () => void;
}

/** Starts when it is made. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #stops: (() => void)[];
  #heardAtMs: number;
  #isStalled = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    const { bus, world, times } = options;
    this.#heardAtMs = world.monotonic();
    const subscription = bus.subscribe(bus.subjects.storeLeader(), ({ data }) => this.#hear(data));
    const stopTicking = world.every(times.heartbeatMs, () => this.#tick());
    this.#stops = [() => subscription.unsubscribe(), stopTicking];
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /**
   * A leader that does not hear itself hears no requests either, and one whose log has been silent
   * for long writes nothing: those who stand by may do better.
   */
  beat(): void {
    const { bus, world, times, epoch, leader, logSequence, appendMs } = this.#options;
    const isHeard = world.monotonic() - this.#heardAtMs < times.deafMs;
    const able = isHeard && appendMs() < times.unableMs;
    const beat = { epoch, leader, logSequence: logSequence(), able };
    bus.publish(bus.subjects.storeLeader(), leaderAnnounced.encode(beat));
  }

  #tick(): void {
    this.beat();
    const { times, appendMs, onStalled, onRecovered } = this.#options;
    const waitedMs = appendMs();
    const isStalled = waitedMs > times.stallMs;
    if (isStalled === this.#isStalled) return;
    this.#isStalled = isStalled;
    if (isStalled) onStalled(waitedMs);
    else onRecovered();
  }

  #hear(data: Uint8Array): void {
    const { epoch, leader, world, onDeposed } = this.#options;
    const heard = leaderAnnounced.decode(data);
    if (heard.leader === leader) this.#heardAtMs = world.monotonic();
    else if (heard.epoch > epoch) onDeposed(heard.leader);
  }
}
