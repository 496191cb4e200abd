/** One life of the store: the log that it holds, and what each of its states does with it. */
import type { Host } from "#libs/actor/component.ts";
import { CommitQueue, type LostOutcome } from "./commit/queue.ts";
import { encodeBatch } from "./log/batch.ts";
import { DamagedError } from "./log/damage.ts";
import type { LogPosition } from "./log/position.ts";
import { replayLog } from "./log/replay.ts";
import { checkServer } from "./log/server.ts";
import { type DurableStream, openStream } from "./log/stream.ts";
import { Witness, checkTestimony, readTestimony } from "./log/witness.ts";
import type { Claim, Loss, Replayed } from "./machine.ts";
import { StoreMemory } from "./memory/memory.ts";
import { answer } from "./serving/answer.ts";
import { Broadcast } from "./serving/broadcast.ts";
import { keepTidy } from "./serving/expire.ts";
import type { StoreSettings } from "./settings.ts";
import { keepSnapshots } from "./snapshot/keep.ts";
import { loadSnapshot } from "./snapshot/load.ts";

interface Streams {
  readonly log: DurableStream;
  readonly heads: DurableStream;
  readonly snapshots: DurableStream;
}

export interface Serving {
  readonly onListening: () => void;
  readonly onLost: (loss: Loss) => void;
}

export class StoreLife {
  readonly #host: Host;
  readonly #settings: StoreSettings;
  readonly #leader: string;
  #streams: Streams | undefined;
  #memory: StoreMemory;
  /** Undefined until a snapshot, or that there is none, was read. */
  #position: LogPosition | undefined;
  #queue: CommitQueue | undefined;
  readonly #witness: Witness;

  constructor(host: Host, settings: StoreSettings) {
    this.#host = host;
    this.#settings = settings;
    this.#leader = `${host.instance}/${host.world.uuid().slice(0, 8)}`;
    this.#memory = new StoreMemory(settings);
    const position = () => this.#queue?.position ?? this.#position;
    this.#witness = new Witness(host.bus, host.world, host.log, position);
  }

  /** Appends nothing more, and forgets everything. */
  letGo(): void {
    this.#queue?.abandon();
    this.#witness.stop();
    for (const stream of Object.values(this.#streams ?? {})) stream.close();
    this.#queue = undefined;
    this.#streams = undefined;
    this.#position = undefined;
  }

  async open(): Promise<void> {
    this.letGo();
    const { bus, world } = this.#host;
    const { replicas, unsafeDurability } = this.#settings;
    checkServer(this.#host, unsafeDurability);
    const { subjects } = bus;
    const open = (kind: "LOG" | "HEAD" | "SNAP", keeps: "all" | "newest", of: string[]) => {
      const options = { name: subjects.stream(kind), subjects: of, replicas, keeps };
      return openStream(bus, world, options, this.#settings);
    };
    const [log, heads, snapshots] = await Promise.all([
      open("LOG", "all", [subjects.log()]),
      open("HEAD", "newest", [subjects.logHead()]),
      open("SNAP", "all", [subjects.snapshot("chunk"), subjects.snapshot("manifest")]),
    ]);
    this.#streams = { log, heads, snapshots };
  }

  /** Reads the newest snapshot, once, and the log from where this store has got to. */
  async replay(): Promise<Replayed> {
    const { bus, world, log } = this.#host;
    const startedAt = world.monotonic();
    if (!this.#position) {
      const empty = () => new StoreMemory(this.#settings);
      const loaded = await loadSnapshot(this.#opened.snapshots, bus.subjects, log, empty);
      this.#memory = loaded.memory;
      this.#position = loaded.position;
    }
    const { sequence: from } = this.#position;
    this.#position = await replayLog(this.#opened.log, this.#memory, this.#position, world, log);
    const testimony = await readTestimony(this.#opened.heads, bus, log);
    if (testimony) checkTestimony(testimony, this.#position);
    const milliseconds = Math.round(world.monotonic() - startedAt);
    const { revision, keyCount: keys } = this.#memory;
    log.info({ revision, keys, from, to: this.#position.sequence, milliseconds }, "log replayed");
    return { revision };
  }

  /** Takes the log over by a batch with a higher epoch. */
  async claim(): Promise<Claim> {
    const { bus, world, log } = this.#host;
    const read = this.#read;
    const epoch = read.epoch + 1;
    const timeMs = world.now();
    const input = { position: { ...read, epoch }, leader: this.#leader, timeMs, writes: [] };
    const { payload, crc } = encodeBatch(input);
    const outcome = await this.#opened.log.append(bus.subjects.log(), payload, read.sequence);
    if (outcome.type === "Fenced") return { type: "behind" };
    if (outcome.type === "Lost") throw new DamagedError(outcome.message);
    if (outcome.type !== "Appended") throw new Error(outcome.message);

    const position = { ...read, epoch, sequence: outcome.sequence, crc };
    this.#memory.closeBatch({ position, timeMs, bytes: payload.length }, timeMs);
    this.#position = position;
    await this.#witness.write();
    log.info({ epoch, leader: this.#leader }, "log claimed");
    return { type: "claimed", epoch };
  }

  /** Answers until the returned function is called. */
  serve({ onListening, onLost }: Serving): () => void {
    const { bus, world } = this.#host;
    const { subjects } = bus;
    const memory = this.#memory;
    const { log } = this.#opened;
    const broadcast = new Broadcast(bus, world, memory);
    const serving = new AbortController();
    const lookAtTail = this.#keepSnapshots(serving.signal);
    const queue = new CommitQueue({
      memory,
      position: this.#read,
      leader: this.#leader,
      limits: this.#settings.queue,
      nowMs: () => world.now(),
      append: (payload, lastSequence) => log.append(subjects.log(), payload, lastSequence),
      onCommitted: (changes) => {
        broadcast.tell(changes);
        this.#witness.note();
        lookAtTail();
      },
      onLost: (outcome) => onLost(lossOf(outcome)),
    });
    this.#queue = queue;
    const { answerBytesMax } = this.#settings;
    const served = { memory, queue, subjects, answerBytesMax };
    const requests = bus.subscribe(subjects.storeAll(), (message) => answer(served, message));
    const stopTidying = keepTidy(world, memory, queue, lookAtTail);
    broadcast.announce();
    bus.flush().then(onListening, () => undefined);
    return () => {
      requests.unsubscribe();
      stopTidying();
      serving.abort(new Error("the store stopped serving"));
      broadcast.stop();
    };
  }

  /** Answers what was accepted. */
  async drain(): Promise<void> {
    await this.#queue?.close();
    await this.#witness.write();
    await this.#host.bus.flush();
  }

  #keepSnapshots(signal: AbortSignal): () => void {
    const { bus, world, log: logger } = this.#host;
    const { tailBytesMax, queue } = this.#settings;
    return keepSnapshots(world, logger, tailBytesMax, {
      ...this.#opened,
      subjects: bus.subjects,
      memory: this.#memory,
      chunkBytesMax: queue.batchBytesMax,
      nowMs: () => world.now(),
      signal,
    });
  }

  get #opened(): Streams {
    if (!this.#streams) throw new Error("the log is not open");
    return this.#streams;
  }

  get #read(): LogPosition {
    if (!this.#position) throw new Error("the log was not read");
    return this.#position;
  }
}

const lossOf = ({ type, message }: LostOutcome): Loss =>
  type === "Lost" ? { type: "Damaged", message } : { type: "Deposed", message };
