/** `kubus store export`: what is kept, readable. */
import { once } from "node:events";
import type { Writable } from "node:stream";
import pino from "pino";
import { resources } from "#libs/api/index.ts";
import { openKept } from "../../../../services/store/backup/kept.ts";
import { loadState } from "../../../../services/store/backup/state.ts";
import type { StoreMemory } from "../../../../services/store/memory/memory.ts";
import {
  type ExportChoice,
  type LeftOut,
  objectsOf,
  tablesToExport,
} from "../../keeping/exporting.ts";
import { writeFileWhole } from "../../keeping/filesink.ts";
import { type ObjectFormat, objectText } from "../../keeping/objectfile.ts";
import { type Which, withKept } from "../../keeping/reach.ts";
import { readBackup } from "./snapshot.ts";

export interface ExportOptions extends Which {
  readonly from?: string;
  readonly format: ObjectFormat;
  readonly resources?: string;
  readonly namespace?: string;
  readonly withSecrets?: boolean;
  readonly force?: boolean;
}

/** To standard output when no file is named. */
export async function exportObjects(
  file: string | undefined,
  options: ExportOptions,
): Promise<void> {
  const memory = options.from ? (await readBackup(options.from)).memory : await stateOf(options);
  const choice: ExportChoice = {
    resources: options.resources?.split(",").filter(Boolean),
    namespace: options.namespace,
    withSecrets: options.withSecrets === true,
  };
  const write = (put: (text: string) => Promise<void>) =>
    writeAll(memory, choice, options.format, put);
  const { count, leftOut } =
    file === undefined
      ? await write((text) => putTo(process.stdout, text))
      : await writeFileWhole(file, options.force === true, async (sink) =>
          write((text) => sink.write(Buffer.from(text))),
        );
  process.stderr.write(`${count} objects at revision ${memory.revision}${leftOutText(leftOut)}\n`);
}

function stateOf(options: ExportOptions): Promise<StoreMemory> {
  const log = pino({ level: "warn" }, pino.destination(2));
  return withKept(options, async ({ bus, world }) => {
    const kept = await openKept(bus, world);
    try {
      return await loadState(kept, log);
    } finally {
      kept.close();
    }
  });
}

async function writeAll(
  memory: StoreMemory,
  choice: ExportChoice,
  format: ObjectFormat,
  put: (text: string) => Promise<void>,
): Promise<{ readonly count: number; readonly leftOut: readonly LeftOut[] }> {
  const { tables, leftOut } = tablesToExport(memory, resources, choice);
  let count = 0;
  for (const table of tables) {
    for (const object of objectsOf(table, choice)) {
      await put(objectText(object, format));
      count += 1;
    }
  }
  return { count, leftOut };
}

async function putTo(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}

function leftOutText(leftOut: readonly LeftOut[]): string {
  const texts = leftOut.map(({ resource, count, why }) =>
    why === "secret"
      ? `${count} ${resource} (--with-secrets)`
      : `${count} records of ${resource} (${why})`,
  );
  return texts.length === 0 ? "" : `; left out: ${texts.join(", ")}`;
}
