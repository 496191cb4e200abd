/** Reads the log itself, as it grows, on a way that no fault of the rig is on. */
import { realWorld } from "#libs/actor/world.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
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
  #stream: DurableStream | undefined;
  #position: LogPosition = startOfLog;
  #logged: Logged[] = [];
  #leader = "";
  #damage: string | undefined;
  #reading: Promise<void> | undefined;

  /** @param textOf what clients know a stored value as */
  constructor(bus: NatsBus, textOf: (value: Uint8Array) => string) {
    this.#bus = bus;
    this.#textOf = textOf;
  }

  /** Instance of the store that wrote last. */
  get leader(): string {
    return this.#leader.split("/")[0] ?? "";
  }

  get epoch(): number {
    return this.#position.epoch;
  }

  /** What is wrong with the log; undefined while it is as it was written. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Reads on to the end of the log. Rejects when the bus does not answer. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Writes that were read since the last call, in order. */
  take(): Logged[] {
    const logged = this.#logged;
    this.#logged = [];
    return logged;
  }

  async #read(): Promise<void> {
    const { subjects, payloadMax } = this.#bus;
    const options = { name: subjects.stream("LOG"), subjects: [subjects.log()], replicas: 1 };
    const settings = settingsOf({}, payloadMax);
    this.#stream ??= await openStream(this.#bus, realWorld, { ...options, keeps: "all" }, settings);
    const { last } = await this.#stream.range();
    const from = this.#position.sequence;
    try {
      if (last < from) throw new DamagedError(`the log ends at ${last}, it was read up to ${from}`);
      for await (const { sequence, payload } of this.#stream.read(from + 1, last)) {
        this.#take(sequence, payload);
      }
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      this.#damage ??= error.message;
    }
  }

  #take(sequence: number, payload: Uint8Array): void {
    const { batch, writes, position } = readBatch(this.#position, sequence, payload);
    this.#position = position;
    this.#leader = batch.leader;
    for (const { key, type, value, revision } of writes) {
      if (key.resource !== resource.resource || key.namespace !== namespace) continue;
      const text = value.length === 0 ? "" : this.#textOf(value);
      const { epoch } = batch;
      const logged = { revision, type: types[type] ?? "updated", key: key.name, value: text };
      this.#logged.push({ ...logged, epoch, sequence });
    }
  }
}
