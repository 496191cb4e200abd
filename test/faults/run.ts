/** Puts a campaign together: cluster, doors, clients; and takes it apart again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import { Campaign, type CampaignOptions, type Report } from "./campaign.ts";
import { faults as allFaults } from "./faults/index.ts";
import { Auditor } from "./rig/auditor.ts";
import { Disk } from "./rig/disk.ts";
import { type Layout, Rig, type RigOptions } from "./rig/rig.ts";
import { BusDoor, plainText } from "./work/busdoor.ts";
import type { Door } from "./work/door.ts";
import { HttpsDoor, storedText } from "./work/httpsdoor.ts";
import { Recorder } from "./work/recorder.ts";

export interface RunOptions extends Pick<
  CampaignOptions,
  "seed" | "goesOn" | "say" | "recoveryMsMax" | "holdMs"
> {
  readonly layout: Layout;
  /** Names of faults; default: all that can be had. */
  readonly faults?: readonly string[];
  readonly faultsPerRound?: number;
  /** "none": plain folders, which are copied back to what they were at the last fsync. */
  readonly disks?: "none";
  /** Whether the folder stays when nothing was wrong. */
  readonly keeps?: boolean;
  readonly stores?: number;
  /** How clients ask: over the bus as the API server does, or over HTTPS as users do. */
  readonly door?: "bus" | "https";
  readonly clients?: number;
  readonly watchers?: number;
  readonly planted?: Pick<RigOptions, "program" | "env" | "syncInterval">;
}

export interface Ran extends Report {
  /** Everything that is left of it: logs, histories; removed when nothing was wrong. */
  readonly folder: string;
  /** Faults that were left out, and why. */
  readonly leftOut: readonly string[];
}

const apiserverCount = 2;

export async function runCampaign(options: RunOptions): Promise<Ran> {
  const { layout, seed, stores = 2, door = "bus", planted = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), `kubus-faults-${seed}-`));
  const { chosen, leftOut } = await chooseFaults(options, folder);
  const withDisks = options.disks !== "none" && chosen.some(({ needs }) => needs === "disks");
  const apiservers = door === "https" ? apiserverCount : 0;
  const rig = await Rig.start({ folder, layout, stores, apiservers, withDisks, ...planted });
  let isRight = false;
  try {
    const textOf = door === "https" ? storedText : plainText;
    // Longer than three servers take to elect a leader.
    const damageMs = layout === 1 ? 500 : 6_000;
    const auditor = new Auditor(await rig.connect("auditor", "direct"), textOf, damageMs);
    const recorder = new Recorder();
    const campaign = new Campaign({
      ...options,
      rig,
      faults: chosen,
      faultsPerRound: options.faultsPerRound ?? Math.min(6, chosen.length),
      doors: door === "https" ? httpsDoors(rig) : await busDoors(rig, recorder),
      auditor,
      recorder,
      clients: options.clients ?? 6,
      watchers: options.watchers ?? 4,
    });
    const report = await campaign.run();
    isRight = report.violations.length === 0;
    return { ...report, folder, leftOut };
  } finally {
    await rig.stop();
    if (isRight && !options.keeps) await rm(folder, { recursive: true, force: true });
  }
}

/** Two for the clients, each over links of its own. */
async function busDoors(rig: Rig, recorder: Recorder): Promise<Door[]> {
  const doors = ["door-0", "door-1"].map(async (name) => {
    const bus = await rig.connect(name, "linked");
    const note = recorder.noteBroadcast.bind(recorder);
    const door = new BusDoor(name, bus, realWorld.uuid, note);
    await door.listen();
    return door;
  });
  return Promise.all(doors);
}

/** One to each API server. */
const httpsDoors = (rig: Rig): Door[] =>
  rig.apiservers.map((server) => new HttpsDoor(server.child.name, server));

async function chooseFaults({ faults, layout, door, disks }: RunOptions, folder: string) {
  const leftOut: string[] = [];
  const wanted = allFaults.filter(({ name, isOnlyByName = false }) =>
    faults === undefined ? !isOnlyByName : faults.includes(name),
  );
  const needDisks = disks !== "none" && wanted.some(({ needs }) => needs === "disks");
  const noDisks = needDisks ? await Disk.missing(folder) : undefined;
  const unknown = faults?.filter((name) => allFaults.every((fault) => fault.name !== name)) ?? [];
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(", ")}`);
  const chosen = wanted.filter(({ name, needs }) => {
    const reasons = {
      disks: noDisks,
      cluster: layout === 1 ? "one server" : undefined,
      apiserver: door === "https" ? undefined : "no API server",
    };
    const reason = needs && reasons[needs];
    if (reason !== undefined) leftOut.push(`${name}: ${reason}`);
    return reason === undefined;
  });
  return { chosen, leftOut };
}
