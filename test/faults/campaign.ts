/** A campaign: rounds of work and faults on one cluster, each judged when it is quiet again. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { type Evidence, judge } from "./check/judge.ts";
import type { KeyState } from "./check/keymodel.ts";
import { type Violation, violation } from "./check/violation.ts";
import type { Fault } from "./faults/fault.ts";
import type { Logged } from "./history/observation.ts";
import { planRound, type Planned } from "./plan/plan.ts";
import { type Random, seeded } from "./plan/random.ts";
import type { Auditor } from "./rig/auditor.ts";
import type { Rig } from "./rig/rig.ts";
import { runClient } from "./work/clients.ts";
import type { Door } from "./work/door.ts";
import type { Recorder } from "./work/recorder.ts";
import { runWatcher } from "./work/watchers.ts";

export interface CampaignOptions {
  readonly rig: Rig;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly faultsPerRound: number;
  /** Milliseconds that each fault lasts, instead of what chance says. */
  readonly holdMs?: number;
  /** Each client and watcher goes through one of them. */
  readonly doors: readonly Door[];
  readonly auditor: Auditor;
  readonly recorder: Recorder;
  readonly clients: number;
  readonly watchers: number;
  /** Milliseconds within which everything has to work again. Default: two minutes. */
  readonly recoveryMsMax?: number;
  /** Whether another round is begun after so many, with so many violations so far. */
  readonly goesOn: (rounds: number, violations: number) => boolean;
  readonly say: (line: string) => void;
}

/** One fault, and how it went. */
export interface Happened {
  readonly fault: string;
  readonly what: string;
  readonly brokenMs: number;
  /** The longest time without an acknowledged commit, from the fault to the recovery. */
  readonly silentMs: number;
  /** From the end of the fault to the next acknowledged commit. */
  readonly recoveryMs: number;
}

interface Held {
  readonly name: string;
  readonly what: string;
  readonly breaks: string | undefined;
}

export interface Report {
  readonly rounds: number;
  readonly operations: number;
  /** Operations by what they were told. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly watchEvents: number;
  readonly happened: readonly Happened[];
  readonly violations: readonly Violation[];
  /** Why it could not go on: damage that was left on a disk came to light, and was refused. */
  readonly endedBy: string | undefined;
}

const keys = ["a-1", "a-2", "a-3", "b-1", "b-2", "b-3"];
const prefixes = ["", "a-", "", "b-"];
const recoveryMsMaxDefault = 120_000;
/** Operations before the first fault. */
const operationsMin = 250;
const pollMs = 20;
/** Milliseconds for a last look at the log of a cluster that does not serve any more. */
const lateMsMax = 10_000;
const auditMs = 500;
/** How a store's refusal begins. */
const refusalMark = "refusing to serve: ";
/** Between two looks for a server that needs an operator. */
const nurseMs = 1_000;

export class Campaign {
  readonly #options: CampaignOptions;
  readonly #random: Random;
  readonly #happened: Happened[] = [];
  readonly #violations: Violation[] = [];
  readonly #outcomes = new Map<string, number>();
  /** Damage that was left on a disk since the stores served in spite of it. */
  #damage: string | undefined;
  #endedBy: string | undefined;
  #watchEvents = 0;
  #operations = 0;
  #state: ReadonlyMap<string, KeyState> = new Map();
  #lastLogged: Logged | undefined;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#random = seeded(options.seed);
  }

  async run(): Promise<Report> {
    const { goesOn, say } = this.#options;
    let rounds = 0;
    while (this.#endedBy === undefined && goesOn(rounds, this.#violations.length)) {
      const found = await this.#round(rounds);
      this.#violations.push(...found);
      rounds += 1;
      say(`round ${rounds}: ${this.#operations} operations, ${this.#violations.length} violations`);
    }
    return {
      rounds,
      operations: this.#operations,
      outcomes: this.#outcomes,
      watchEvents: this.#watchEvents,
      happened: this.#happened,
      violations: this.#violations,
      endedBy: this.#endedBy,
    };
  }

  async #round(round: number): Promise<Violation[]> {
    const { recorder, auditor } = this.#options;
    const random = this.#random.fork(`round ${round}`);
    const working = new AbortController();
    const watching = new AbortController();
    const work = this.#startClients(round, random, working.signal);
    const watch = this.#startWatchers(random, watching.signal);
    const stopAuditing = realWorld.every(auditMs, () => void auditor.read().catch(() => undefined));
    const unrecovered = await this.#breakThings(random);
    working.abort();
    await Promise.all(work);
    const found = unrecovered ?? (await this.#settle(random));
    stopAuditing();
    watching.abort();
    await Promise.all(watch);
    if (found?.message.startsWith(refusalMark) && this.#damage !== undefined) {
      this.#endedBy = `${found.message}; damaged before: ${this.#damage}`;
      return [];
    }
    // Without the whole log nobody knows what became of what was not answered.
    const isWhole = found === undefined || (await this.#readLog(lateMsMax));
    if (!isWhole) return [found];
    const logged = auditor.damage === undefined ? auditor.take() : await auditor.takeAnew();
    const evidence = { ...recorder.take(), logged, before: this.#lastLogged, initial: this.#state };
    this.#lastLogged = logged.at(-1) ?? this.#lastLogged;
    const broken = await this.#judge(round, evidence);
    return found ? [found, ...broken] : broken;
  }

  #startClients(round: number, random: Random, signal: AbortSignal): Promise<void>[] {
    const { clients, doors, recorder } = this.#options;
    return Array.from({ length: clients }, (_, index) => {
      const name = `client-${index}`;
      return runClient({
        name,
        mark: `r${round}c${index}`,
        door: doorOf(doors, index),
        recorder,
        random: random.fork(name),
        keys,
        signal,
      });
    });
  }

  #startWatchers(random: Random, signal: AbortSignal): Promise<void>[] {
    const { watchers, doors, recorder } = this.#options;
    return Array.from({ length: watchers }, (_, index) => {
      const name = `watcher-${index}`;
      return runWatcher({
        name,
        door: doorOf(doors, index),
        recorder,
        random: random.fork(name),
        prefix: prefixes[index % prefixes.length] ?? "",
        breakMsMax: index % 2 === 0 ? 0 : 1_500,
        signal,
      });
    });
  }

  /** The faults of one round, one after the other. */
  async #breakThings(random: Random): Promise<Violation | undefined> {
    const { faults, faultsPerRound, holdMs, recorder, rig } = this.#options;
    const { recoveryMsMax = recoveryMsMaxDefault } = this.#options;
    const firstAt = await this.#recovery(recorder.now(), recoveryMsMax);
    if (typeof firstAt === "string") return violation("recovers", `${firstAt} without a fault`);
    // Streams that were just made: what a server does about those is not what is tried here.
    if (faults.some(({ needs }) => needs === "disks")) {
      for (const server of rig.servers) await server.sync();
    }
    const busyAt = recorder.count + operationsMin;
    while (recorder.count < busyAt && !recorder.isFull) await realWorld.sleep(pollMs);
    for (const planned of planRound(random.fork("plan"), faults, faultsPerRound)) {
      const found = await this.#break(holdMs === undefined ? planned : { ...planned, holdMs });
      if (found) return found;
    }
    return undefined;
  }

  async #break(planned: Planned): Promise<Violation | undefined> {
    const { rig, auditor, recorder, say, recoveryMsMax = recoveryMsMaxDefault } = this.#options;
    await auditor.read().catch(() => undefined);
    const beganAt = recorder.now();
    const { name, what, breaks } = await this.#hold(planned);
    await rig.heal();
    if (breaks !== undefined) return violation(breaks, what);
    if (name === "damage, served") this.#damage = what;
    const healedAt = recorder.now();
    const recoveredAt = await this.#recovery(healedAt, recoveryMsMax);
    if (typeof recoveredAt === "string") {
      return violation("recovers", `${recoveredAt} after ${name}: ${what}`);
    }
    const recoveryMs = Math.round(recoveredAt - healedAt);
    const silentMs = Math.round(recorder.silenceMs(beganAt, recoveredAt));
    const brokenMs = Math.round(healedAt - beganAt);
    this.#happened.push({ fault: name, what, brokenMs, silentMs, recoveryMs });
    const at = new Date(realWorld.now()).toISOString().slice(11, 23);
    say(`  ${at} ${name} (${what}) for ${brokenMs} ms: no commit for ${silentMs} ms`);
    await realWorld.sleep(planned.calmMs);
    return undefined;
  }

  /** When the first commit was acknowledged after `from`; or why none was. */
  async #recovery(from: number, msMax: number): Promise<number | string> {
    const { rig, recorder } = this.#options;
    const until = recorder.now() + msMax;
    while (recorder.now() < until) {
      const at = await recorder.commitAfter(from, nurseMs);
      if (at !== undefined) return at;
      await nurse(rig).catch(() => undefined);
      const refusal = await refusalOf(rig);
      if (refusal !== undefined) return refusal;
    }
    return `no commit for ${msMax} ms`;
  }

  /** Lets a fault be for its time, and the one that meets it in the middle of that. */
  async #hold({ fault, holdMs, random, second }: Planned): Promise<Held> {
    const { rig, auditor } = this.#options;
    const begun = await fault.begin({ rig, auditor, random, holdMs });
    const { what, mend, breaks, countedAs: name = fault.name } = begun;
    await realWorld.sleep(second ? holdMs / 2 : holdMs);
    const met = second ? await this.#hold(second) : undefined;
    await mend?.();
    if (!met) return { name, what, breaks };
    return { ...met, name: "two at once", what: `${fault.name} ${what}, ${met.name} ${met.what}` };
  }

  /** Ends a round: every key is read, the log is read to its end, and watchers have heard of it. */
  async #settle(random: Random): Promise<Violation | undefined> {
    const { recorder, doors, auditor, rig } = this.#options;
    const { recoveryMsMax = recoveryMsMaxDefault } = this.#options;
    const until = recorder.now() + recoveryMsMax;
    const door = doorOf(doors, random.between(0, doors.length));
    for (const key of keys) {
      while ((await recorder.ask("reader", door, { type: "get", key })).type !== "got") {
        const refusal = await refusalOf(rig);
        if (refusal !== undefined) return violation("recovers", refusal);
        if (recorder.now() > until) return violation("recovers", `${key} cannot be read`);
        await realWorld.sleep(pollMs);
      }
    }
    await this.#readLog(recoveryMsMax);
    if (auditor.damage !== undefined) return violation("the log is intact", auditor.damage);
    if (auditor.revision >= recorder.revision) return undefined;
    const message = `the log is read up to ${auditor.revision}, ${recorder.revision} was told`;
    return violation("recovers", message);
  }

  /** False when the log could not be read as far as clients were told of it. */
  async #readLog(msMax: number): Promise<boolean> {
    const { recorder, auditor, rig } = this.#options;
    const until = recorder.now() + msMax;
    // A server that was cut off may be asked, and not know yet how long the log is.
    while (!(await readAll(auditor)) || auditor.revision < recorder.revision) {
      await nurse(rig).catch(() => undefined);
      if (auditor.damage !== undefined) return true;
      if (recorder.now() > until) return false;
      await realWorld.sleep(pollMs);
    }
    return true;
  }

  async #judge(round: number, evidence: Evidence): Promise<Violation[]> {
    const { operations, watches, logged } = evidence;
    this.#operations += operations.length;
    for (const { outcome } of operations) {
      this.#outcomes.set(outcome.type, (this.#outcomes.get(outcome.type) ?? 0) + 1);
    }
    for (const { told } of watches) this.#watchEvents += told.length;
    const violations = judge(evidence);
    this.#state = stateAfter(evidence.initial, logged);
    if (violations.length > 0) await keep(this.#options.rig.folder, round, evidence);
    return violations;
  }
}

const doorOf = (doors: readonly Door[], index: number): Door => {
  const door = doors[index % doors.length];
  if (!door) throw new Error("no door");
  return door;
};

const nurse = async ({ servers }: Rig) => {
  for (const server of servers) await server.restartIfIdle();
};

/** What the stores say when none of them serves any more, for good. */
async function refusalOf({ stores }: Rig): Promise<string | undefined> {
  const said = await Promise.all(stores.map(({ child }) => child.said()));
  const pattern = new RegExp(`${refusalMark}[^"]*`);
  const refusals = said.map((text) => pattern.exec(text)?.[0]);
  return refusals.includes(undefined) ? undefined : refusals[0];
}

const readAll = (auditor: Auditor): Promise<boolean> =>
  auditor.read().then(
    () => true,
    () => false,
  );

function stateAfter(
  initial: ReadonlyMap<string, KeyState>,
  logged: readonly Logged[],
): Map<string, KeyState> {
  const state = new Map(initial);
  for (const { key, type, value, revision } of logged) {
    state.set(key, { value: type === "deleted" ? undefined : value, revision, isExact: true });
  }
  return state;
}

/** The whole of a round that was not right, to be looked at. */
async function keep(folder: string, round: number, evidence: Evidence): Promise<void> {
  const initial = [...evidence.initial];
  const text = JSON.stringify({ ...evidence, initial }, undefined, 1);
  await writeFile(join(folder, `round-${round}.json`), text);
}
