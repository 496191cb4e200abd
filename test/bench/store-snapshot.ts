/**
 * What a snapshot costs the store that writes it: how long its event loop stands still, and how
 * long the snapshot takes to write and to load. Options: `--objects N` (500,000).
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import pino from "pino";
import { realWorld } from "#libs/actor/world.ts";
import { connect } from "#libs/bus/connect.ts";
import { startNatsServer } from "#libs/testing/nats.ts";
import type { Write } from "../../services/store/decide.ts";
import { startOfLog } from "../../services/store/log/position.ts";
import { StoreMemory } from "../../services/store/memory/memory.ts";
import { openKept } from "../../services/store/rig.ts";
import { loadSnapshot } from "../../services/store/snapshot/load.ts";
import { writeSnapshot } from "../../services/store/snapshot/write.ts";
import { valueOf } from "./store/measures.ts";

const perBatch = 1_000;
const chunkBytesMax = 2 ** 20;
const emptyMemory = () => new StoreMemory({ historyMsMax: 1e12, historyCountMax: perBatch });

export async function run(args: readonly string[] = []) {
  const at = args.indexOf("--objects");
  const objects = at < 0 ? 500_000 : Number(args[at + 1]);
  const memory = filled(objects);
  const nats = await startNatsServer();
  const options = { servers: nats.url, prefix: "kubus", name: "bench", world: realWorld };
  const bus = await connect(options);
  try {
    const [log, snapshots] = await Promise.all([openKept(bus, "LOG"), openKept(bus, "SNAP")]);
    const { subjects } = bus;
    const signal = new AbortController().signal;
    const place = { subjects, log, snapshots, memory, chunkBytesMax, nowMs: () => 0, signal };
    const write = await measured(() => writeSnapshot(place));
    // This one reads the first, too, before it is written.
    const second = await measured(() => writeSnapshot(place));
    const silent = pino({ level: "silent" });
    const load = await measured(() => loadSnapshot(snapshots, subjects, silent, emptyMemory));
    const named = (name: string, value: number, unit: string) => ({ name, value, unit });
    return [
      named("records", second.result.records, ""),
      named("chunks", second.result.chunks, ""),
      ...["first", "second"].flatMap((which, index) => {
        const { seconds, pauseMs, pauseMsMax } = index === 0 ? write : second;
        return [
          named(`${which} snapshot`, seconds, "s"),
          named(`${which} snapshot: pauses, 99 of 100 below`, pauseMs, "ms"),
          named(`${which} snapshot: longest pause`, pauseMsMax, "ms"),
        ];
      }),
      named("load", load.seconds, "s"),
    ];
  } finally {
    await bus.close();
    await nats.stop();
  }
}

function filled(objects: number): StoreMemory {
  const memory = emptyMemory();
  for (let revision = 1; revision <= objects; revision += 1) {
    const name = `object-${String(revision).padStart(7, "0")}`;
    const write: Write = {
      type: "MUTATION_TYPE_CREATE",
      key: { group: "", resource: "configmaps", namespace: "filled", name },
      value: valueOf(1_024, revision),
      partition: "_",
      confidential: false,
      expiresAtMs: 0,
      revision,
      requestId: "",
    };
    memory.apply(write);
    if (revision % perBatch > 0) continue;
    const position = { ...startOfLog, sequence: revision / perBatch, nextRevision: revision + 1 };
    memory.closeBatch({ position, timeMs: 0, bytes: perBatch }, 0);
  }
  return memory;
}

/** The pauses of the event loop meanwhile, garbage collection and other programs included. */
async function measured<Result>(work: () => Promise<Result>) {
  const pauses = monitorEventLoopDelay({ resolution: 1 });
  pauses.enable();
  const startedAt = realWorld.monotonic();
  const result = await work();
  const seconds = (realWorld.monotonic() - startedAt) / 1_000;
  pauses.disable();
  return { result, seconds, pauseMs: pauses.percentile(99) / 1e6, pauseMsMax: pauses.max / 1e6 };
}
