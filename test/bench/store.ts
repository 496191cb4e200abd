/**
 * What the store does a second, alone or beside etcd on the same machine; never a test.
 * Options: `--peer etcd` · `--quick` · `--rounds N` (3) · `--seconds N` of each round (2) ·
 * `--objects N` for list and restart (100,000) · `--check-perf`: etcd's own load generator, one
 * minute more · `--only TEXT` measurements whose name contains it · `--markdown FILE`.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { realWorld } from "#libs/actor/world.ts";
import type { Client, Contender } from "./store/contender.ts";
import { prepareEtcd } from "./store/etcd.ts";
import { prepareKubus } from "./store/kubus.ts";
import {
  costs,
  deliveries,
  fill,
  fillOverwritten,
  gets,
  list,
  overwrite,
  restart,
  type Sample,
} from "./store/measures.ts";
import { markdownOf, peerRow, type Row, rowsOf, tableOf } from "./store/report.ts";

interface Options {
  readonly peer: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly objects: number;
  readonly checkPerf: boolean;
  readonly only: string;
  readonly markdown: string | undefined;
}

interface Side {
  readonly contender: Contender;
  client: Client;
}

interface Measurement {
  readonly name: string;
  readonly once: (side: Side) => Promise<Sample>;
}

const listed = 10_000;
const filled = "filled";

function optionsOf(args: readonly string[]): Options {
  const option = (name: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const isQuick = args.includes("--quick");
  const peer = option("peer");
  if (peer !== undefined && peer !== "etcd") throw new Error(`--peer ${peer}: etcd is known`);
  return {
    peer: peer === "etcd",
    rounds: Number(option("rounds") ?? (isQuick ? 1 : 3)),
    seconds: Number(option("seconds") ?? (isQuick ? 1 : 2)),
    objects: Number(option("objects") ?? (isQuick ? 20_000 : 100_000)),
    checkPerf: args.includes("--check-perf"),
    only: option("only") ?? "",
    markdown: option("markdown"),
  };
}

/** Rows of this run, for `textOf`. */
let names: readonly string[] = ["Kubus"];

export async function run(args: readonly string[] = []): Promise<Row[]> {
  const options = optionsOf(args);
  const etcd = options.peer ? await prepareEtcd() : undefined;
  const contenders: Contender[] = [await prepareKubus(), ...(etcd ? [etcd] : [])];
  names = contenders.map(({ name }) => name);
  try {
    const sides: Side[] = [];
    for (const contender of contenders) {
      await contender.start();
      sides.push({ contender, client: await contender.connect() });
    }
    const rows = await measureAll(sides, options);
    if (etcd && options.checkPerf) {
      const own = rows.find(({ name }) => name === putName(64, 1))?.value ?? 0;
      const name = "put, 64 clients, 1 KiB; etcd by its own `check perf`";
      rows.push(peerRow(name, "/s", await etcd.checkPerformance(), own));
    }
    const { markdown } = options;
    if (markdown) await writeFile(markdown, `${machineText(contenders)}\n\n${table(rows)}`);
    for (const { client } of sides) await client.close();
    return rows;
  } finally {
    for (const contender of contenders) await contender.stop();
  }
}

const table = (rows: readonly Row[]) => markdownOf(rows, names);

/** What infra/bench prints instead of a plain list. */
export const textOf = (rows: readonly Row[]): string => tableOf(rows, names);

const machineText = (contenders: readonly Contender[]) => {
  const described = contenders.map(({ name, description }) => `${name} (${description})`);
  return `${described.join(" and ")} on ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`;
};

const putName = (clients: number, kibibytes: number) => `put, ${clients} clients, ${kibibytes} KiB`;

async function measureAll(sides: readonly Side[], options: Options): Promise<Row[]> {
  const { seconds, objects, only } = options;
  const rows: Row[] = [];
  const measure = async ({ name, once }: Measurement, rounds = options.rounds) => {
    if (name.includes(only)) rows.push(...(await interleave(sides, { name, once }, rounds)));
  };
  for (const { client } of sides) {
    for (const kibibytes of [1, 3]) await fillOverwritten(client, space(kibibytes), 1_024);
    await overwrite(client, space(1), 64, 1_024, seconds / 2);
  }
  for (const kibibytes of [1, 3]) {
    for (const clients of [1, 64, 256]) {
      const once = ({ client }: Side) =>
        overwrite(client, space(kibibytes), clients, kibibytes * 1_024, seconds);
      await measure({ name: putName(clients, kibibytes), once });
    }
  }
  for (const clients of [1, 64]) {
    const once = ({ client }: Side) => gets(client, space(1), clients, seconds);
    await measure({ name: `get, ${clients} clients`, once });
  }
  for (const watchers of [1, 100, 1_000]) {
    const once = ({ contender, client }: Side) =>
      deliveries(contender, client, space(1), watchers, seconds);
    await measure({ name: `deliveries, ${watchers} watchers`, once });
  }
  const count = (number: number) => number.toLocaleString("en");
  for (const { client } of sides) await fill(client, filled, 0, listed, 1_024);
  const listing = `list of ${count(listed)} in pages of 500`;
  await measure({ name: listing, once: ({ client }) => list(client, filled, 500) });
  if (!`restart with ${count(objects)} objects`.includes(only)) return rows;

  for (const { client } of sides) await fill(client, filled, listed, objects, 1_024);
  const holding = `${count(objects)} objects`;
  await measure({ name: holding, once: ({ contender }) => costs(contender) }, 1);
  await measure({ name: `restart with ${holding}`, once: startAgain });
  await measure({ name: `${holding}, restarted`, once: ({ contender }) => costs(contender) }, 1);
  return rows;
}

const space = (kibibytes: number) => `put-${kibibytes}`;

async function startAgain(side: Side): Promise<Sample> {
  await side.client.close();
  const sample = await restart(side.contender);
  side.client = await side.contender.connect();
  return sample;
}

/** A round of the one, a round of the other, and again: what else the machine does hits both. */
async function interleave(
  sides: readonly Side[],
  { name, once }: Measurement,
  rounds: number,
): Promise<Row[]> {
  const startedAt = realWorld.monotonic();
  const samples = sides.map((): Sample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, side] of sides.entries()) samples[index]?.push(await once(side));
  }
  const took = Math.round((realWorld.monotonic() - startedAt) / 1_000);
  process.stderr.write(`${name}: ${took} s\n`);
  return rowsOf(name, samples[0] ?? [], samples[1]);
}
