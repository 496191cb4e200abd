/** Many requests of one kind at once, and what they took. */
import { realWorld } from "#libs/actor/world.ts";
import type { Door, Request } from "./door.ts";
import { type Servers, usageOfAll } from "./servers.ts";

/** One measured number; what infra/bench prints. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** Requests of one kind: how many, by how many clients, and each of them. */
export interface Load {
  readonly name: string;
  readonly count: number;
  readonly clients: number;
  readonly request: (index: number) => Request;
}

/** Rate, latencies and the servers' CPU for each request. Rejects with the first that fails. */
export async function measureRequests(servers: Servers, door: Door, load: Load): Promise<Row[]> {
  const { name, count, clients, request } = load;
  const latencies: number[] = [];
  let next = 0;
  const client = async () => {
    while (next < count) {
      const index = next++;
      const began = realWorld.monotonic();
      await door.ask(request(index));
      latencies.push(realWorld.monotonic() - began);
    }
  };
  const { seconds, cpuSeconds } = await spent(servers, () =>
    Promise.all(Array.from({ length: Math.min(clients, count) }, client)),
  );
  latencies.sort((one, other) => one - other);
  const at = (part: number) => latencies[Math.floor(part * (latencies.length - 1))] ?? 0;
  return [
    { name, value: count / seconds, unit: "/s" },
    { name: `${name}: p50`, value: at(0.5), unit: "ms" },
    { name: `${name}: p99`, value: at(0.99), unit: "ms" },
    ...cpuRow(servers, `${name}: CPU of the servers`, (cpuSeconds * 1_000) / count, "ms"),
  ];
}

/** Who watches a collection, and what is changed in it meanwhile: each request makes one event. */
export interface WatchLoad {
  readonly watchers: number;
  readonly collection: string;
  readonly changes: readonly Request[];
}

/** Changes one after another while all watch: the CPU is that of the changes and of their news. */
export async function measureWatch(
  servers: Servers,
  door: Door,
  { watchers, collection, changes }: WatchLoad,
): Promise<Row[]> {
  const wanted = watchers * changes.length;
  let delivered = 0;
  let arrived: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (arrived = resolve));
  const path = `${collection}?watch=true&resourceVersion=${await versionNow(door, collection)}`;
  const count = (more: number) => {
    delivered += more;
    if (delivered >= wanted) arrived();
  };
  const open = await Promise.all(Array.from({ length: watchers }, () => door.watch(path, count)));
  const { seconds, cpuSeconds } = await spent(servers, async () => {
    for (const change of changes) await door.ask(change);
    await all;
  });
  for (const one of open) one.stop();
  const name = `watch, ${watchers} watchers`;
  return [
    { name, value: wanted / seconds, unit: "/s" },
    ...cpuRow(servers, `${name}: CPU of the servers`, (cpuSeconds * 1e6) / wanted, "µs"),
  ];
}

async function versionNow(door: Door, collection: string): Promise<string> {
  const answer = await door.ask({ method: "GET", path: `${collection}?limit=1` });
  const { metadata } = JSON.parse(answer.toString()) as { metadata: { resourceVersion: string } };
  return metadata.resourceVersion;
}

async function spent({ pids }: Servers, work: () => Promise<unknown>) {
  const before = await usageOfAll(pids);
  const began = realWorld.monotonic();
  await work();
  const seconds = (realWorld.monotonic() - began) / 1_000;
  return { seconds, cpuSeconds: (await usageOfAll(pids)).cpuSeconds - before.cpuSeconds };
}

const cpuRow = ({ pids }: Servers, name: string, value: number, unit: string): Row[] =>
  pids.length > 0 ? [{ name, value, unit }] : [];
