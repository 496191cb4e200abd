/** `kubus logs`: what the components wrote, one JSON object a line in the cluster's folder. */
import { createReadStream, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { WhichCluster } from "../access.ts";
import { dataFiles } from "../data.ts";
import { concerns, lineText, parseLine } from "../logfile.ts";
import { dataFolder } from "../options.ts";
import { onStopSignal } from "../signals.ts";
import { UsageError } from "../usage.ts";

export interface LogsOptions extends WhichCluster {
  readonly follow?: boolean;
  readonly tail?: string;
  readonly output: string;
}

/** Lines that are kept in memory for `--tail`. */
const tailMax = 100_000;

export async function logs(actor: string | undefined, options: LogsOptions): Promise<void> {
  const { name, data, follow, output } = options;
  const { log } = dataFiles(dataFolder(name, data, process.env));
  const size = await sizeOf(log);
  if (size === undefined) {
    throw new Error(`there is no log ${log}; start the cluster with kubus up`);
  }
  const tail = tailOf(options.tail);
  const kept: string[] = [];
  for await (const text of wanted(log, 0, size, actor)) {
    if (tail === undefined) show(text, output);
    else if (kept.push(text) > tail) kept.shift();
  }
  for (const text of kept) show(text, output);
  if (follow) await showNew(log, size, (text) => isWanted(text, actor) && show(text, output));
}

const sizeOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => undefined,
  );

function tailOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : -1;
  if (count >= 0 && count <= tailMax) return count;
  throw new UsageError(`--tail ${text}: expected a whole number up to ${tailMax}`);
}

/** A line that is no JSON belongs to nobody: it is shown when everything is. */
function isWanted(text: string, actor: string | undefined): boolean {
  const line = parseLine(text);
  return line ? concerns(line, actor) : actor === undefined;
}

async function* wanted(file: string, start: number, end: number, actor: string | undefined) {
  if (end <= start) return;
  const input = createReadStream(file, { start, end: end - 1 });
  for await (const text of createInterface({ input })) if (isWanted(text, actor)) yield text;
}

function show(text: string, output: string): void {
  const line = output === "json" ? undefined : parseLine(text);
  process.stdout.write(`${line ? lineText(line) : text}\n`);
}

/** Until a signal. A line counts once its end is written. */
async function showNew(file: string, from: number, onLine: (text: string) => void): Promise<void> {
  let at = from;
  let rest = "";
  let reading = Promise.resolve();
  const readOn = async () => {
    const end = (await sizeOf(file)) ?? at;
    if (end <= at) return;
    const input = createReadStream(file, { start: at, end: end - 1, encoding: "utf8" });
    at = end;
    for await (const text of input) rest += String(text);
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  const watcher = watch(file, () => {
    reading = reading.then(readOn);
  });
  await onStopSignal();
  watcher.close();
  await reading;
}
