/** `kubus store snapshot save|restore|status`: the store in one file, and back. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import pino from "pino";
import {
  deleteKept,
  findKept,
  makeKept,
  openKept,
} from "../../../../services/store/backup/kept.ts";
import { type Backup, loadBackup } from "../../../../services/store/backup/load.ts";
import { restoreBackup } from "../../../../services/store/backup/restore.ts";
import { saveBackup } from "../../../../services/store/backup/save.ts";
import { DamagedError } from "../../../../services/store/log/damage.ts";
import { writeFileWhole } from "../../keeping/filesink.ts";
import { type Reached, type Which, withKept } from "../../keeping/reach.ts";
import { bytesText, timeText } from "../../keeping/text.ts";
import { writeLayout } from "../../layout.ts";
import { layoutOf } from "../../options.ts";
import { UsageError } from "../../usage.ts";

export interface SaveOptions extends Which {
  readonly force?: boolean;
  readonly upToDamage?: boolean;
}

export async function save(file: string, options: SaveOptions): Promise<void> {
  const { force = false, upToDamage = false } = options;
  const log = pino({ level: "warn" }, pino.destination(2));
  const end = await withKept(options, async ({ bus, world }) => {
    const kept = await openKept(bus, world);
    try {
      return await writeFileWhole(file, force, (sink) =>
        saveBackup(kept, { sink, log, upToDamage }),
      );
    } finally {
      kept.close();
    }
  });
  const { size } = await stat(file);
  process.stdout.write(`saved revision ${end.revision} to ${file} (${bytesText(size)})\n`);
  if (end.damage === "") return;
  process.stderr.write(`what follows is lost: ${end.damage}\n`);
}

export interface StatusOptions {
  readonly output: string;
}

/** Reads the whole file, as a restore would. */
export async function status(file: string, { output }: StatusOptions): Promise<void> {
  const facts = factsOf(await readBackup(file), (await stat(file)).size);
  const lines = Object.entries(facts).map(([name, value]) => `${`${name}:`.padEnd(11)} ${value}\n`);
  const json = `${JSON.stringify(facts, null, 2)}\n`;
  process.stdout.write(output === "json" ? json : lines.join(""));
}

function factsOf({ header, end, memory, position }: Backup, size: number) {
  return {
    cluster: header.prefix,
    taken: timeText(header.timeMs),
    revision: end.revision,
    keys: memory.keyCount,
    values: bytesText(memory.valueBytes),
    epoch: position.epoch,
    size: bytesText(size),
    ...(end.damage === "" ? {} : { damage: end.damage }),
  };
}

export interface RestoreOptions extends Which {
  readonly force?: boolean;
  readonly bumpRevision: string;
  readonly busServers?: string;
  readonly replicas?: string;
}

export async function restore(file: string, options: RestoreOptions): Promise<void> {
  const bump = bumpOf(options.bumpRevision);
  // The whole file is checked before anything is touched.
  const backup = await readBackup(file);
  const which = { ...options, layout: layoutOf(options) };
  const { revision, keys } = await withKept(which, (reached) =>
    restoreInto(reached, backup, bump, options.force === true),
  );
  process.stdout.write(`restored ${keys} objects; the revision is ${revision} now\n`);
}

async function restoreInto(reached: Reached, backup: Backup, bump: number, force: boolean) {
  const { bus, world, layout, folder, isRunning } = reached;
  if (isRunning) throw new Error("the cluster runs: end it first (kubus down)");
  const { names, messages } = await findKept(bus, world);
  if (messages > 0 && !force) {
    throw new Error(
      `there is a store already (${messages} messages in ${names.join(", ")}); ` +
        "--force deletes it and restores the backup in its place",
    );
  }
  await deleteKept(bus, names);
  const kept = await makeKept(bus, world, layout.replicas);
  try {
    const restored = await restoreBackup(kept, backup, bump);
    await writeLayout(folder, layout);
    return restored;
  } finally {
    kept.close();
  }
}

const bumpMax = 10 ** 12;

function bumpOf(text: string): number {
  const bump = /^\d+$/.test(text) ? Number(text) : -1;
  if (bump >= 1 && bump <= bumpMax) return bump;
  throw new UsageError(`--bump-revision ${text}: expected a whole number from 1 to ${bumpMax}`);
}

/** Rejects with the file's name and the place of the damage. */
export async function readBackup(file: string): Promise<Backup> {
  try {
    return await loadBackup(createReadStream(file));
  } catch (error) {
    if (error instanceof DamagedError) throw new DamagedError(`${file}: ${error.message}`);
    throw error;
  }
}
