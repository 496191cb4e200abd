/** What a cluster's store keeps in JetStream, opened beside a store that may be running. */
import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { World } from "#libs/actor/world.ts";
import type { Bus } from "#libs/bus/bus.ts";
import type { NatsBus } from "#libs/bus/connect.ts";
import { DamagedError } from "../log/damage.ts";
import { DurableStream, openStream } from "../log/stream.ts";
import { settingsOf } from "../settings.ts";

export interface Kept {
  readonly bus: Bus;
  readonly world: World;
  readonly log: DurableStream;
  readonly heads: DurableStream;
  readonly snapshots: DurableStream;
  close(): void;
}

const streamKinds = ["LOG", "HEAD", "SNAP"] as const;
const streamNotFound = 10_059;
const apiTimeoutMs = 5_000;
const settlePollMs = 100;
const settleMsMax = 30_000;

/**
 * Finds the streams, without making them. Rejects with DamagedError when one is missing, and with
 * what the server says when it cannot be asked.
 */
export async function openKept(bus: NatsBus, world: World): Promise<Kept> {
  const manager = await managerOf(bus);
  const missing: string[] = [];
  const open = async (kind: (typeof streamKinds)[number]) => {
    const name = bus.subjects.stream(kind);
    if ((await settled(manager, name, world)) === undefined) missing.push(name);
    return new DurableStream(bus, world, name, settingsOf({}, bus.payloadMax), manager);
  };
  const [log, heads, snapshots] = await Promise.all([open("LOG"), open("HEAD"), open("SNAP")]);
  const close = () => {
    for (const stream of [log, heads, snapshots]) stream.close();
  };
  if (missing.length > 0) {
    close();
    const all = missing.length === streamKinds.length;
    throw new DamagedError(
      all ? "no store ever wrote here" : `the server has no stream ${missing.join(", ")}`,
    );
  }
  return { bus, world, log, heads, snapshots, close };
}

/** Names of the streams of this cluster that are there, and whether they hold any message. */
export async function findKept(
  bus: NatsBus,
  world: World,
): Promise<{ readonly names: string[]; readonly messages: number }> {
  const manager = await managerOf(bus);
  const infos = await Promise.all(
    streamKinds.map((kind) => settled(manager, bus.subjects.stream(kind), world)),
  );
  const found = infos.filter((info) => info !== undefined);
  return {
    names: found.map(({ config }) => config.name),
    messages: found.reduce((sum, { state }) => sum + state.messages, 0),
  };
}

/** Makes empty streams, as a store makes them that starts for the first time. */
export async function makeKept(bus: NatsBus, world: World, replicas: number): Promise<Kept> {
  const { subjects } = bus;
  const make = (kind: (typeof streamKinds)[number], keeps: "all" | "newest", of: string[]) => {
    const options = { name: subjects.stream(kind), subjects: of, replicas, keeps };
    return openStream(bus, world, options, settingsOf({ replicas }, bus.payloadMax));
  };
  const [log, heads, snapshots] = await Promise.all([
    make("LOG", "all", [subjects.log()]),
    make("HEAD", "newest", [subjects.logHead()]),
    make("SNAP", "all", [subjects.snapshot("chunk"), subjects.snapshot("manifest")]),
  ]);
  const close = () => {
    for (const stream of [log, heads, snapshots]) stream.close();
  };
  return { bus, world, log, heads, snapshots, close };
}

/** How often a store may cut its log while it is read; it does so once in many megabytes. */
const attemptsMax = 10;

/**
 * Reads again when there is damage and the store has cut its log meanwhile, behind a newer
 * snapshot: what was missing then is no damage. Rejects with the DamagedError of `read`, or when
 * the cutting never ends.
 * @param isWhole whether a result has no damage in it
 */
export async function uncut<Result>(
  { log }: Pick<Kept, "log">,
  read: () => Promise<Result>,
  isWhole: (result: Result) => boolean = () => true,
): Promise<Result> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const { first } = await log.range();
    const wasCut = async () => (await log.range()).first !== first;
    try {
      const result = await read();
      if (isWhole(result) || !(await wasCut())) return result;
    } catch (error) {
      if (!(error instanceof DamagedError) || !(await wasCut())) throw error;
    }
  }
  throw new Error("the store cuts its log away faster than it can be read; try again");
}

/** Deletes them with all that they hold. */
export async function deleteKept(bus: NatsBus, names: readonly string[]): Promise<void> {
  const manager = await managerOf(bus);
  for (const name of names) await manager.streams.delete(name);
}

const managerOf = (bus: Bus): Promise<JetStreamManager> =>
  jetstreamManager(bus.connection, { checkAPI: false, timeout: apiTimeoutMs });

/** Servers of a cluster that just started elect a leader for every stream first. */
async function settled(
  manager: JetStreamManager,
  name: string,
  world: World,
): Promise<StreamInfo | undefined> {
  const deadline = world.monotonic() + settleMsMax;
  while (true) {
    try {
      const info = await manager.streams.info(name);
      if (!info.cluster || info.cluster.leader) return info;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === streamNotFound) return undefined;
      if (world.monotonic() > deadline) throw error;
    }
    if (world.monotonic() > deadline) throw new Error(`stream ${name} has no leader`);
    await world.sleep(settlePollMs);
  }
}
