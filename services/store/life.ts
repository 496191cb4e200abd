/** One life of the store: the log that it holds, and what each of its states does with it. */
import type { Host } from "#libs/actor/component.ts";
import type { StatusResponse } from "#proto/gen/kubus/store/v1.ts";
import type { LostOutcome } from "./commit/queue.ts";
import { instanceOf, silenceOf } from "./leadership/claim.ts";
import { Following } from "./leadership/following.ts";
import { Leading } from "./leadership/leading.ts";
import { Lease } from "./leadership/lease.ts";
import { encodeBatch } from "./log/batch.ts";
import { DamagedError } from "./log/damage.ts";
import { OutrunError } from "./log/outrun.ts";
import { type LogPosition, startOfLog } from "./log/position.ts";
import { bytesInLog } from "./log/replay.ts";
import { checkServer } from "./log/server.ts";
import { openStream } from "./log/stream.ts";
import { Witness } from "./log/witness.ts";
import type { Claim, Loss, Replayed } from "./machine.ts";
import { isNameFree, present } from "./presence.ts";
import { Replica, type Streams } from "./replica.ts";
import type { StoreSettings } from "./settings.ts";

export interface FollowHandlers {
  readonly onLed: () => void;
  readonly onClaimDue: () => void;
  readonly onOutrun: () => void;
  readonly onLost: (loss: Loss) => void;
}

export interface LeadHandlers {
  readonly onListening: () => void;
  readonly onStalled: () => void;
  readonly onRecovered: () => void;
  readonly onLost: (loss: Loss) => void;
}

/** The witness is late anyway; it must not be in the way. */
const witnessAppend = { appendTimeoutMs: 2_000, appendMsMax: 2_000 };

export class StoreLife {
  readonly #host: Host;
  readonly #settings: StoreSettings;
  /** Signs the batches of this life. */
  readonly #self: string;
  readonly #lease: Lease;
  readonly #silentMs: number;
  readonly #replica: Replica;
  #streams: Streams | undefined;
  #witness: Witness | undefined;
  #leading: Leading | undefined;
  /** The life before of this instance, if it led last and is gone. */
  #dead: string | undefined;
  #isPresent = false;

  constructor(host: Host, settings: StoreSettings) {
    const { instance, world } = host;
    this.#host = host;
    this.#settings = settings;
    this.#self = `${instance}/${world.uuid().slice(0, 8)}`;
    this.#lease = new Lease(world, settings.times.leaseMs);
    this.#silentMs = silenceOf(instance, settings.times.silentMs, world.random());
    this.#replica = new Replica(host, settings);
  }

  /** Appends and answers nothing more. */
  letGo(): void {
    if (this.#leading) this.#leave(this.#leading);
    this.#witness?.stop();
    for (const stream of Object.values(this.#streams ?? {})) stream.close();
    this.#streams = undefined;
  }

  async open(): Promise<void> {
    this.letGo();
    const { bus, world, log: logger } = this.#host;
    const { replicas, unsafeDurability } = this.#settings;
    checkServer(this.#host, unsafeDurability);
    const { subjects } = bus;
    const open = (kind: "LOG" | "HEAD" | "SNAP", keeps: "all" | "newest", of: string[]) => {
      const options = { name: subjects.stream(kind), subjects: of, replicas, keeps };
      const limits = kind === "HEAD" ? { ...this.#settings, ...witnessAppend } : this.#settings;
      return openStream(bus, world, options, limits);
    };
    const [log, heads, snapshots] = await Promise.all([
      open("LOG", "all", [subjects.log()]),
      open("HEAD", "newest", [subjects.logHead()]),
      open("SNAP", "all", [subjects.snapshot("chunk"), subjects.snapshot("manifest")]),
    ]);
    this.#streams = { log, heads, snapshots };
    const position = () => this.#leading?.queue.position ?? this.#replica.position;
    this.#witness = new Witness({ heads, bus, world, log: logger, position });
  }

  /** Reads the newest snapshot, once, and the log from where this store has got to. */
  async replay(): Promise<Replayed> {
    const { world, log } = this.#host;
    const startedAt = world.monotonic();
    const from = this.#replica.position?.sequence ?? 0;
    const { sequence: to } = await this.#replica.catchUp(this.#opened);
    if (!this.#isPresent) await this.#present();
    const milliseconds = Math.round(world.monotonic() - startedAt);
    const { revision, keyCount: keys } = this.#replica.memory;
    log.info({ revision, keys, from, to, milliseconds }, "log replayed");
    return { revision };
  }

  /** Reads the log as it grows, until the returned function is called. */
  follow({ onLed, onClaimDue, onOutrun, onLost }: FollowHandlers): () => void {
    const following = new Following({
      host: this.#host,
      log: this.#opened.log,
      memory: this.#replica.memory,
      position: this.#read,
      newest: this.#replica.newest,
      self: this.#self,
      dead: this.#dead,
      silentMs: this.#silentMs,
      onBatch: (position, batch) => this.#replica.advance(position, batch),
      onLed,
      onClaimDue,
      onFault: (error) => {
        const { message } = error;
        if (!(error instanceof OutrunError)) return onLost({ type: "Damaged", message });
        this.#host.log.warn(`reading the log anew: ${message}`);
        this.#replica.forget();
        onOutrun();
      },
    });
    return () => following.stop();
  }

  /** Takes the log over by a batch with a higher epoch. */
  async claim(): Promise<Claim> {
    const { bus, world, log } = this.#host;
    const read = this.#read;
    const epoch = read.epoch + 1;
    const timeMs = world.now();
    const input = { position: { ...read, epoch }, leader: this.#self, timeMs, writes: [] };
    const { payload, crc } = encodeBatch(input);
    const sentAt = this.#lease.moment();
    const outcome = await this.#opened.log.append(bus.subjects.log(), payload, read.sequence);
    if (outcome.type === "Fenced") {
      this.#replica.fallBehind(read);
      return { type: "behind" };
    }
    if (outcome.type === "Lost") throw new DamagedError(outcome.message);
    if (outcome.type !== "Appended") throw new Error(outcome.message);

    this.#lease.prove(sentAt);
    const position = { ...read, epoch, sequence: outcome.sequence, crc };
    const { memory } = this.#replica;
    memory.closeBatch({ position, timeMs, bytes: bytesInLog(payload) }, timeMs);
    this.#replica.advance(position, { leader: this.#self, resigned: false });
    await this.#witness?.write();
    log.info({ epoch, leader: this.#self }, "log claimed");
    return { type: "claimed", epoch };
  }

  /** Answers until the returned function is called. */
  lead({ onListening, onStalled, onRecovered, onLost }: LeadHandlers): () => void {
    const { log, snapshots } = this.#opened;
    if (!this.#witness) throw new Error("the log is not open");
    const leading = new Leading({
      host: this.#host,
      settings: this.#settings,
      leader: this.#self,
      log,
      snapshots,
      memory: this.#replica.memory,
      position: this.#read,
      lease: this.#lease,
      witness: this.#witness,
      onLost: (outcome) => onLost(lossOf(outcome)),
      onStalled,
      onRecovered,
    });
    this.#leading = leading;
    leading.listen().then(onListening, () => undefined);
    return () => {
      if (this.#leading === leading) this.#stepDown(leading);
    };
  }

  /** Answers what was accepted, and lets another lead. */
  async resign(): Promise<void> {
    await this.#leading?.resign();
  }

  /** What was applied stays right, so the log is read on from there. */
  #leave(leading: Leading): void {
    this.#leading = undefined;
    leading.stop();
    this.#witness?.stop();
    this.#replica.fallBehind(leading.queue.position);
  }

  #stepDown(leading: Leading): void {
    this.#leave(leading);
    // What is on its way there must not end in the middle of another leadership of this store.
    const { log, heads, snapshots } = this.#opened;
    this.#streams = { log: log.renew(), heads, snapshots: snapshots.renew() };
  }

  async #present(): Promise<void> {
    const { newest } = this.#replica;
    const isFree = await isNameFree(this.#host);
    if (!isFree) this.#host.log.warn("another store has this instance's name");
    const isOwn = typeof newest === "object" && instanceOf(newest.leader) === this.#host.instance;
    if (isFree && isOwn) this.#dead = newest.leader;
    const { subjects } = this.#host.bus;
    const { answerBytesMax } = this.#settings;
    const remembering = () => ({ memory: this.#replica.memory, subjects, answerBytesMax });
    present(this.#host, () => this.#status(), remembering);
    this.#isPresent = true;
  }

  #status(): StatusResponse {
    const { newest, memory, position } = this.#replica;
    const queue = this.#leading?.queue;
    const { sequence, epoch } = queue?.position ?? position ?? startOfLog;
    return {
      instance: this.#host.instance,
      role: queue ? "STORE_ROLE_LEADING" : "STORE_ROLE_FOLLOWING",
      epoch,
      leader: typeof newest === "object" ? newest.leader : "",
      revision: memory.revision,
      logSequence: sequence,
      appendMs: Math.round(queue?.appendMs ?? 0),
      commitsWaiting: queue?.waiting.commits ?? 0,
      readsWaiting: queue?.waiting.reads ?? 0,
    };
  }

  get #opened(): Streams {
    if (!this.#streams) throw new Error("the log is not open");
    return this.#streams;
  }

  get #read(): LogPosition {
    const { position } = this.#replica;
    if (!position) throw new Error("the log was not read");
    return position;
  }
}

const lossOf = ({ type, message }: LostOutcome): Loss => {
  if (type === "Lost") return { type: "Damaged", message };
  return { type: type === "Broken" ? "Broken" : "Deposed", message };
};
