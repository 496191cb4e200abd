/**
 * Priority and fairness: every request is one of a flow, takes seats of its priority level, and
 * waits or is refused when there are none. The seats are divided anew every ten seconds.
 */
import type { World } from "#libs/actor/world.ts";
import type { User } from "../auth/user.ts";
import { classifier, compileSchemas, type Classifier, type RequestDigest } from "./classify.ts";
import {
  completeConfiguration,
  levelConfiguration,
  type FlowConfiguration,
  type LevelConfiguration,
} from "./configuration.ts";
import { FlowStats } from "./flowstats.ts";
import { LevelQueues, type Guest, type Refusal } from "./levelqueues.ts";
import { retryAfter, type RetryAfter } from "./retryafter.ts";
import { divideSeats, seatLimits, smoothedDemand, type SeatLimits } from "./shares.ts";

export interface FairnessOptions {
  readonly world: Pick<World, "monotonic" | "after" | "every">;
  /** Seats of the whole server. */
  readonly seatsMax: number;
  /** Milliseconds that a request waits in a queue at most. */
  readonly waitMsMax: number;
}

/** Where a request was put; uids are empty for what nobody wrote. */
export interface FlowIds {
  readonly schemaUid: string;
  readonly levelUid: string;
}

export type Admission = FlowIds &
  (
    | {
        readonly type: "admitted";
        /** Gives the seats back; further calls do nothing. */
        readonly leave: () => void;
      }
    | { readonly type: "refused"; readonly reason: Refusal; readonly retryAfterSeconds: number }
  );

/** The seats that a request takes, given how many one request of its level may take at most. */
export type Width = (seatsMax: number) => number;

export interface Arrival {
  readonly user: User;
  readonly digest: RequestDigest;
  readonly width: Width;
  /** Calls back when the client is gone. */
  readonly onGone: (listener: () => void) => void;
}

export interface Fairness {
  /** At once for a request that need not wait. */
  enter(arrival: Arrival): Admission | Promise<Admission>;
  configure(configuration: FlowConfiguration): void;
  levels(): readonly LevelView[];
  stop(): void;
}

/** One level for who looks on. */
export interface LevelView extends LevelConfiguration, SeatLimits {
  readonly current: number;
  readonly smoothed: number;
  readonly demandHigh: number;
  readonly demandAverage: number;
  readonly demandDeviation: number;
  readonly queues: LevelQueues;
  /** By flow schema. */
  readonly flows: ReadonlyMap<string, FlowStats>;
}

interface Level {
  configuration: LevelConfiguration;
  limits: SeatLimits;
  current: number;
  smoothed: number;
  demand: { high: number; average: number; deviation: number };
  readonly queues: LevelQueues;
  readonly flows: Map<string, FlowStats>;
  readonly retryAfter: RetryAfter;
}

/** Milliseconds between two divisions of the seats. */
const divisionMs = 10_000;
/** The part of its level that one wide request may take. */
const widthPart = 0.15;

/** An engine with the mandatory levels; `configure` gives it the others. */
export function createFairness({ world, seatsMax, waitMsMax }: FairnessOptions): Fairness {
  const levels = new Map<string, Level>();
  let classify: Classifier = () => undefined;

  const configure = (given: FlowConfiguration) => {
    const { flowSchemas, priorityLevels } = completeConfiguration(given);
    classify = classifier(compileSchemas(flowSchemas));
    const wanted = priorityLevels.map(levelConfiguration);
    const names = new Set(wanted.map(({ name }) => name));
    // Requests of a level that is gone stay in its queues until they have run.
    for (const name of levels.keys()) if (!names.has(name)) levels.delete(name);
    const limits = seatLimits(wanted, seatsMax);
    for (const [index, configuration] of wanted.entries()) {
      const own = limits[index] ?? { nominal: 0, lower: 0, upper: 0 };
      const known = levels.get(configuration.name);
      const level = known ?? newLevel(configuration, own, world);
      level.configuration = configuration;
      level.limits = own;
      level.queues.configure(configuration.response);
      levels.set(configuration.name, level);
    }
    if (levels.size > 0) setNominal(levels.values());
  };

  const enter = ({ user, digest, width, onGone }: Arrival): Admission | Promise<Admission> => {
    const classified = classify(user, digest);
    const level = levels.get(classified?.schema.level ?? "catch-all");
    if (level === undefined) throw new TypeError("every request has a priority level");
    const { name = "catch-all", uid: schemaUid = "" } = classified?.schema ?? {};
    const ids = { schemaUid, levelUid: level.configuration.uid };
    const stats = statsOf(level, name);
    const most = Math.max(1, Math.ceil(level.limits.nominal * widthPart));
    const seats = width(level.configuration.exempt ? seatsMax : most);
    const guest = level.queues.enter(name, classified?.distinguisher ?? "", seats);
    if (typeof guest === "string") return refusal(level, stats, ids, guest, world.monotonic());
    stats.seats.observe(seats);
    if (guest.state === "running") return admission(level, stats, ids, guest, world);
    return waitForTurn({ level, stats, ids, guest, world, waitMsMax, onGone });
  };

  configure({ flowSchemas: [], priorityLevels: [] });
  const stop = world.every(divisionMs, () => divide([...levels.values()], seatsMax, world));
  return {
    enter,
    configure,
    levels: () => [...levels.values()].map(viewOf),
    stop,
  };
}

function newLevel(
  configuration: LevelConfiguration,
  limits: SeatLimits,
  { monotonic }: FairnessOptions["world"],
): Level {
  return {
    configuration,
    limits,
    current: 0,
    smoothed: 0,
    demand: { high: 0, average: 0, deviation: 0 },
    queues: new LevelQueues(monotonic),
    flows: new Map(),
    retryAfter: retryAfter(),
  };
}

function setNominal(levels: Iterable<Level>): void {
  for (const level of levels) {
    level.current = level.limits.nominal;
    level.queues.setSeats(level.current);
  }
}

/** Gives every level the seats that its demand of the last period asks for. */
function divide(levels: readonly Level[], seatsMax: number, world: FairnessOptions["world"]): void {
  const now = world.monotonic();
  for (const level of levels) {
    level.demand = level.queues.demand.take(now);
    level.smoothed = smoothedDemand(level.smoothed, level.demand);
  }
  const demands = levels.map(({ limits, smoothed, demand, configuration }) => ({
    ...limits,
    smoothed,
    high: demand.high,
    exempt: configuration.exempt,
  }));
  for (const [index, seats] of divideSeats(demands, seatsMax).entries()) {
    const level = levels[index];
    if (level === undefined) continue;
    level.current = seats;
    level.queues.setSeats(seats);
  }
}

function statsOf({ flows }: Level, schema: string): FlowStats {
  const known = flows.get(schema);
  if (known !== undefined) return known;
  const stats = new FlowStats();
  flows.set(schema, stats);
  return stats;
}

function admission(
  level: Level,
  stats: FlowStats,
  ids: FlowIds,
  guest: Guest,
  world: FairnessOptions["world"],
): Admission {
  stats.dispatched += 1;
  stats.running += 1;
  stats.runningSeats += guest.seats;
  stats.waited.observe((guest.began - guest.arrived) / 1000);
  return {
    ...ids,
    type: "admitted",
    leave: () => {
      if (guest.state === "gone") return;
      level.queues.leave(guest);
      stats.running -= 1;
      stats.runningSeats -= guest.seats;
      stats.executed.observe((world.monotonic() - guest.began) / 1000);
    },
  };
}

function refusal(
  { retryAfter }: Level,
  stats: FlowStats,
  ids: FlowIds,
  reason: Refusal,
  now: number,
): Admission {
  stats.refuse(reason);
  return { ...ids, type: "refused", reason, retryAfterSeconds: retryAfter.refused(now) };
}

interface Waiting {
  readonly level: Level;
  readonly stats: FlowStats;
  readonly ids: FlowIds;
  readonly guest: Guest;
  readonly world: FairnessOptions["world"];
  readonly waitMsMax: number;
  readonly onGone: (listener: () => void) => void;
}

function waitForTurn(waiting: Waiting): Promise<Admission> {
  const { level, stats, ids, guest, world, waitMsMax, onGone } = waiting;
  stats.waiting += 1;
  stats.waitingSeats += guest.seats;
  return new Promise((resolve) => {
    const settle = () => {
      cancelTimer();
      stats.waiting -= 1;
      stats.waitingSeats -= guest.seats;
    };
    const giveUp = (reason: Refusal) => {
      if (guest.state !== "waiting") return;
      level.queues.leave(guest);
      settle();
      const now = world.monotonic();
      stats.waitedInVain.observe((now - guest.arrived) / 1000);
      resolve(refusal(level, stats, ids, reason, now));
    };
    const cancelTimer = world.after(waitMsMax, () => giveUp("time-out"));
    guest.onTurn = () => {
      settle();
      resolve(admission(level, stats, ids, guest, world));
    };
    onGone(() => giveUp("cancelled"));
  });
}

const viewOf = (level: Level): LevelView => ({
  ...level.configuration,
  ...level.limits,
  current: level.current,
  smoothed: level.smoothed,
  demandHigh: level.demand.high,
  demandAverage: level.demand.average,
  demandDeviation: level.demand.deviation,
  queues: level.queues,
  flows: level.flows,
});
