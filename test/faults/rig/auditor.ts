/** Reads the log itself, as it grows, on a way that no fault of the rig is on. */
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import type { LogBatch } from "#proto/gen/kubus/store/v1.ts";
import { logBatch } from "../../../services/store/wire.ts";
import { readBatch } from "../../../services/store/log/batch.ts";
import { DamagedError } from "../../../services/store/log/damage.ts";
import { type LogPosition, startOfLog } from "../../../services/store/log/position.ts";
import { type DurableStream, openStream } from "../../../services/store/log/stream.ts";
import { settingsOf } from "../../../services/store/settings.ts";
import type { EventType, Logged } from "../history/observation.ts";
import { namespace, resource } from "../work/busdoor.ts";

const types: Readonly<{ [type: string]: EventType }> = {
  MUTATION_TYPE_CREATE: "created",
  MUTATION_TYPE_UPDATE: "updated",
  MUTATION_TYPE_DELETE: "deleted",
};

export class Auditor {
  readonly #bus: NatsBus;
  readonly #textOf: (value: Uint8Array) => string;
  readonly #damageMsMin: number;
  #stream: DurableStream | undefined;
  #position: LogPosition = startOfLog;
  #logged: Logged[] = [];
  /** Sequence of the log up to which writes were taken. */
  #takenFrom = 0;
  #leader = "";
  #damage: string | undefined;
  #isLooking = true;
  #damagedSince: number | undefined;
  #reading: Promise<void> | undefined;

  /**
   * @param textOf what clients know a stored value as
   * @param damageMsMin milliseconds that damage has to stay: a server that was the stream's leader,
   * and has not heard yet that it is not any more, says that there is no such message
   */
  constructor(bus: NatsBus, textOf: (value: Uint8Array) => string, damageMsMin: number) {
    this.#bus = bus;
    this.#textOf = textOf;
    this.#damageMsMin = damageMsMin;
  }

  /** Instance of the store that wrote last. */
  get leader(): string {
    return this.#leader.split("/")[0] ?? "";
  }

  get epoch(): number {
    return this.#position.epoch;
  }

  /** Of the last write that was read. */
  get revision(): number {
    return this.#position.nextRevision - 1;
  }

  /** What is wrong with the log; undefined while it is as it was written. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Looks away, or looks again: what is damaged on purpose may be put back. */
  async look(isLooking: boolean): Promise<void> {
    this.#isLooking = isLooking;
    await this.#reading?.catch(() => undefined);
    this.#damagedSince = undefined;
  }

  /** Reads on to the end of the log. Rejects when the bus does not answer, or it looks away. */
  read(): Promise<void> {
    if (!this.#isLooking) return Promise.reject(new Error("the auditor looks away"));
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Writes that were read since the last call, in order. */
  take(): Logged[] {
    const logged = this.#logged;
    this.#logged = [];
    this.#takenFrom = this.#position.sequence;
    return logged;
  }

  /** The same, as a damaged log holds them now, whatever it held before. */
  async takeAnew(): Promise<Logged[]> {
    this.#logged = [];
    const { first = 1, last = 0 } = (await this.#stream?.range().catch(() => undefined)) ?? {};
    for (let at = Math.max(first, this.#takenFrom + 1); at <= last; at += 1) {
      const message = await this.#stream?.message(at).catch(() => undefined);
      if (message) this.#note(logBatch.decode(message.payload), at);
    }
    return this.take();
  }

  async #read(): Promise<void> {
    const { subjects, payloadMax } = this.#bus;
    const options = { name: subjects.stream("LOG"), subjects: [subjects.log()], replicas: 1 };
    const settings = settingsOf({}, payloadMax);
    this.#stream ??= await openStream(this.#bus, realWorld, { ...options, keeps: "all" }, settings);
    try {
      await this.#readOn(this.#stream);
      this.#damagedSince = undefined;
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      this.#damagedSince ??= realWorld.monotonic();
      const lasts = realWorld.monotonic() - this.#damagedSince;
      if (lasts < this.#damageMsMin) throw error;
      this.#damage ??= error.message;
    }
  }

  async #readOn(stream: DurableStream): Promise<void> {
    const { last } = await stream.range();
    const from = this.#position.sequence;
    if (last < from) throw new DamagedError(`the log ends at ${last}, it was read up to ${from}`);
    for await (const { sequence, payload } of stream.read(from + 1, last)) {
      this.#take(sequence, payload);
    }
  }

  #take(sequence: number, payload: Uint8Array): void {
    const { batch, position } = readBatch(this.#position, sequence, payload);
    this.#position = position;
    this.#leader = batch.leader;
    this.#note(batch, sequence);
  }

  #note({ records, firstRevision, epoch }: LogBatch, sequence: number): void {
    for (const [index, { key, type, value }] of records.entries()) {
      if (key?.resource !== resource.resource || key.namespace !== namespace) continue;
      const text = value.length === 0 ? "" : this.#textOf(value);
      const revision = firstRevision + index;
      const logged = { revision, type: types[type] ?? "updated", key: key.name, value: text };
      this.#logged.push({ ...logged, epoch, sequence });
    }
  }
}
