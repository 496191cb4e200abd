/** One measurement each: what a client sees of a store, and what the store costs the machine. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { realWorld } from "#libs/actor/world.ts";
import type { Client, Contender, Put } from "./contender.ts";

/** Values by what they are of: "/s", "p50 ms" … */
export type Sample = Readonly<Record<string, number>>;

const overwrittenKeys = 1_000;
const perTransaction = 100;
const transactionsAtOnce = 8;
const writersOfWatched = 16;
const undeliveredMax = 16_000;
const now = () => realWorld.monotonic();

const nameOf = (index: number) => `object-${String(index).padStart(7, "0")}`;

/** Different bytes in every value, so that nothing gains by packing them. */
export function valueOf(bytes: number, index: number): Uint8Array {
  const value = Buffer.alloc(bytes);
  let state = index + 1;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    value[at] = 32 + ((state >>> 16) % 95);
  }
  return value;
}

/** Writes keys `from` to `to` of a namespace, many in one transaction. */
export async function fill(
  client: Client,
  namespace: string,
  from: number,
  to: number,
  bytes: number,
): Promise<void> {
  let next = from;
  const work = async () => {
    while (next < to) {
      const start = next;
      next = Math.min(to, start + perTransaction);
      const puts: Put[] = [];
      for (let index = start; index < next; index += 1) {
        puts.push({ namespace, name: nameOf(index), value: valueOf(bytes, index) });
      }
      await client.create(puts);
    }
  };
  await Promise.all(Array.from({ length: transactionsAtOnce }, work));
}

/** So many clients overwrite keys; each waits for its answer before it writes again. */
export async function overwrite(
  client: Client,
  namespace: string,
  clients: number,
  bytes: number,
  seconds: number,
): Promise<Sample> {
  const values = Array.from({ length: 16 }, (_, index) => valueOf(bytes, index));
  return await load(clients, seconds, (turn) => {
    const value = values[turn % values.length] as Uint8Array;
    return client.put({ namespace, name: nameOf(turn % overwrittenKeys), value });
  });
}

export const fillOverwritten = (client: Client, namespace: string, bytes: number) =>
  fill(client, namespace, 0, overwrittenKeys, bytes);

export async function gets(
  client: Client,
  namespace: string,
  clients: number,
  seconds: number,
): Promise<Sample> {
  return await load(clients, seconds, (turn) =>
    client.get(namespace, nameOf(turn % overwrittenKeys)),
  );
}

/**
 * Deliveries a second to so many watches while some clients write, until the last one has come.
 * Writers wait while too much is not delivered yet: how a store copes with watchers that are
 * overrun is another question.
 */
export async function deliveries(
  contender: Contender,
  writer: Client,
  namespace: string,
  watchers: number,
  seconds: number,
): Promise<Sample> {
  const watching = await contender.connect();
  let delivered = 0;
  try {
    await watching.watch(namespace, watchers, () => (delivered += 1));
    const startedAt = now();
    let written = 0;
    const { count = 0 } = await load(writersOfWatched, seconds, async (turn) => {
      while ((written - delivered / watchers) * watchers > undeliveredMax) await aMoment();
      written += 1;
      const value = valueOf(1_024, turn % 16);
      await writer.put({ namespace, name: nameOf(turn % overwrittenKeys), value });
    });
    while (delivered < count * watchers) await aMoment();
    return { "/s": delivered / ((now() - startedAt) / 1_000) };
  } finally {
    await watching.close();
  }
}

export async function list(client: Client, namespace: string, pageSize: number): Promise<Sample> {
  const startedAt = now();
  await client.list(namespace, pageSize);
  return { ms: now() - startedAt };
}

/** From SIGKILL of everything until a read is answered. */
export async function restart(contender: Contender): Promise<Sample> {
  await contender.kill();
  const startedAt = now();
  await contender.start();
  return { s: (now() - startedAt) / 1_000 };
}

export async function costs(contender: Contender): Promise<Sample> {
  const resident = await Promise.all(contender.pids().map(residentBytes));
  return {
    "memory MiB": resident.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20,
    "disk MiB": (await bytesIn(contender.folder)) / 2 ** 20,
  };
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1_024;
}

/** What the files take on the disk: files that are made in advance are not full yet. */
async function bytesIn(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = files
    .filter((file) => file.isFile())
    .map(async ({ parentPath, name }) => {
      const { blocks } = await stat(join(parentPath, name)).catch(() => ({ blocks: 0 }));
      return blocks * 512;
    });
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

/** Until what came meanwhile has been looked at. */
const aMoment = () => realWorld.sleep(1);

async function load(
  clients: number,
  seconds: number,
  ask: (turn: number) => Promise<void>,
): Promise<Sample> {
  const latencies: number[] = [];
  const startedAt = now();
  const endsAt = startedAt + seconds * 1_000;
  let turn = 0;
  const client = async () => {
    while (now() < endsAt) {
      const askedAt = now();
      await ask(turn++);
      latencies.push(now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const perSecond = latencies.length / ((now() - startedAt) / 1_000);
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
  const { length: count } = latencies;
  return { "/s": perSecond, "p50 ms": at(0.5), "p99 ms": at(0.99), count };
}
