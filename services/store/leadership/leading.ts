/** What a store does while it leads: answers, broadcasts, expires, snapshots, and says so. */
import type { Host } from "#libs/actor/component.ts";
import type { MessageSubscription } from "#libs/bus/bus.ts";
import { CommitQueue, type LostOutcome } from "../commit/queue.ts";
import type { LogPosition } from "../log/position.ts";
import type { DurableStream } from "../log/stream.ts";
import type { Witness } from "../log/witness.ts";
import type { StoreMemory } from "../memory/memory.ts";
import { answer } from "../serving/answer.ts";
import { Broadcast } from "../serving/broadcast.ts";
import { keepTidy } from "../serving/expire.ts";
import type { StoreSettings } from "../settings.ts";
import { keepSnapshots } from "../snapshot/keep.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Lease } from "./lease.ts";

export interface LeadingOptions {
  readonly host: Host;
  readonly settings: StoreSettings;
  readonly leader: string;
  readonly log: DurableStream;
  readonly snapshots: DurableStream;
  readonly memory: StoreMemory;
  /** Behind the batch by which the log was claimed. */
  readonly position: LogPosition;
  readonly lease: Lease;
  readonly witness: Witness;
  readonly onLost: (outcome: LostOutcome) => void;
  readonly onStalled: () => void;
  readonly onRecovered: () => void;
}

export class Leading {
  readonly queue: CommitQueue;
  readonly #options: LeadingOptions;
  readonly #requests: MessageSubscription;
  readonly #heartbeat: Heartbeat;
  readonly #broadcast: Broadcast;
  readonly #serving = new AbortController();
  readonly #stopTidying: () => void;

  /** Answers from now on; the server may not know that yet. */
  constructor(options: LeadingOptions) {
    this.#options = options;
    const { host, memory, settings } = options;
    const { bus, world } = host;
    this.#broadcast = new Broadcast(bus, world, memory);
    const lookAtTail = this.#keepSnapshots();
    this.queue = this.#openQueue(lookAtTail);
    const { answerBytesMax } = settings;
    const served = { memory, queue: this.queue, subjects: bus.subjects, answerBytesMax };
    this.#requests = bus.subscribe(bus.subjects.storeAll(), (message) => answer(served, message));
    this.#stopTidying = keepTidy(world, memory, this.queue, lookAtTail);
    this.#heartbeat = this.#openHeartbeat();
  }

  /**
   * Resolves when whoever asks from now on is heard. Tells then how far the store is, so that what
   * the leader before acknowledged and did not tell is asked for; and that there is a leader, so
   * that who waits for the one before asks again.
   */
  async listen(): Promise<void> {
    await this.#options.host.bus.flush();
    this.#broadcast.announce();
    this.#heartbeat.beat();
  }

  /** Answers all that was asked, then lets another lead. */
  async resign(): Promise<void> {
    const { host, witness } = this.#options;
    this.#stopTidying();
    this.#serving.abort(new Error("the store resigns"));
    await this.#requests.drain();
    await this.queue.close();
    await this.queue.resign();
    await witness.write();
    await host.bus.flush();
  }

  /** Ends at once, whatever was asked. */
  stop(): void {
    this.#requests.unsubscribe();
    this.#heartbeat.stop();
    this.#stopTidying();
    this.#serving.abort(new Error("the store leads no more"));
    this.#broadcast.stop();
    this.queue.abandon();
  }

  #openQueue(lookAtTail: () => void): CommitQueue {
    const { host, settings, log, witness, memory, position, leader, lease, onLost } = this.#options;
    const { bus, world } = host;
    return new CommitQueue({
      memory,
      position,
      leader,
      lease,
      limits: settings.queue,
      nowMs: () => world.now(),
      append: (payload, lastSequence) => log.append(bus.subjects.log(), payload, lastSequence),
      endsAt: (sequence) => log.endsAt(sequence),
      onCommitted: (changes) => {
        if (changes.length === 0) return;
        this.#broadcast.tell(changes);
        witness.note();
        lookAtTail();
      },
      onLost,
    });
  }

  #openHeartbeat(): Heartbeat {
    const { host, settings, leader, position, onLost } = this.#options;
    const { bus, world, log } = host;
    return new Heartbeat({
      bus,
      world,
      times: settings.times,
      epoch: position.epoch,
      leader,
      logSequence: () => this.queue.position.sequence,
      appendMs: () => this.queue.appendMs,
      onDeposed: (other) => onLost({ type: "Fenced", message: `${other} leads now` }),
      onStalled: (appendMs) => {
        const { commits, reads } = this.queue.waiting;
        log.error({ appendMs, commits, reads }, "the log does not answer: nothing is committed");
        this.#options.onStalled();
      },
      onRecovered: () => {
        log.warn("the log answers again");
        this.#options.onRecovered();
      },
    });
  }

  #keepSnapshots(): () => void {
    const { host, settings, log, snapshots, memory } = this.#options;
    const { world } = host;
    return keepSnapshots(world, host.log, settings.tailBytesMax, {
      log,
      snapshots,
      subjects: host.bus.subjects,
      memory,
      chunkBytesMax: settings.queue.batchBytesMax,
      nowMs: () => world.now(),
      signal: this.#serving.signal,
    });
  }
}
