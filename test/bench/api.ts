/**
 * What an API server does a second and what it costs, over TLS; never a test.
 * A Kubus is started for it (store, API server and nats-server alone), or other servers are asked:
 * `--server URL --cert FILE --key FILE [--ca FILE] [--pid N,N]`, where the process ids (of the API
 * server and its store) tell the CPU. Options: `--pods N` (5,000) · `--clients N` (32) ·
 * `--watchers N,N` (100,1000) · `--quick`.
 */
import { readFile } from "node:fs/promises";
import type { Access } from "./api/door.ts";
import { type Door, openDoor } from "./api/door.ts";
import { measureRequests, measureWatch, type Row } from "./api/measure.ts";
import { namespace, pods, podText } from "./api/pods.ts";
import { type Servers, startKubus, usageOfAll } from "./api/servers.ts";

interface Options {
  readonly pods: number;
  readonly clients: number;
  readonly watchers: readonly number[];
}

const mergePatch = "application/merge-patch+json";
const strategicPatch = "application/strategic-merge-patch+json";
const lists = 5;
/** Deliveries for each count of watchers. */
const deliveries = 40_000;

export async function run(args: readonly string[] = []): Promise<Row[]> {
  const option = (name: string) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? undefined : args[at + 1];
  };
  const isQuick = args.includes("--quick");
  const options = {
    pods: Number(option("pods") ?? (isQuick ? 500 : 5_000)),
    clients: Number(option("clients") ?? 32),
    watchers: (option("watchers") ?? (isQuick ? "100" : "100,1000")).split(",").map(Number),
  };
  const url = option("server");
  const servers = url === undefined ? await startKubus() : await given(url, option);
  const door = openDoor(servers.access, options.clients);
  try {
    return await measureAll(servers, door, options);
  } finally {
    door.close();
    await servers.stop();
  }
}

/** Servers of the user's. */
async function given(
  server: string,
  option: (name: string) => string | undefined,
): Promise<Servers> {
  const read = (file: string | undefined) =>
    file === undefined ? undefined : readFile(file, "utf8");
  const [ca, cert, key] = await Promise.all([
    read(option("ca")),
    read(option("cert")),
    read(option("key")),
  ]);
  if (cert === undefined || key === undefined) throw new Error("--server needs --cert and --key");
  const access: Access = { server, ca, cert, key };
  const pids = (option("pid") ?? "").split(",").filter(Boolean).map(Number);
  return { access, pids, stop: () => Promise.resolve() };
}

async function measureAll(servers: Servers, door: Door, options: Options): Promise<Row[]> {
  const { pods: count, clients, watchers } = options;
  const base = await usageOfAll(servers.pids);
  await prepare(door);
  const rows: Row[] = [];
  const told = (more: readonly Row[]) => {
    process.stderr.write(
      `${more.map(({ name, value }) => `${name}: ${value.toFixed(2)}`).join(", ")}\n`,
    );
    rows.push(...more);
  };
  const path = (index: number) => `${pods}/pod-${index}`;
  const load = (name: string, request: Parameters<typeof measureRequests>[2]["request"]) =>
    measureRequests(servers, door, { name, count, clients, request }).then(told);

  await load("create", (index) => ({
    method: "POST",
    path: pods,
    body: podText(`pod-${index}`, "a"),
  }));
  await load("get", (index) => ({ method: "GET", path: path(index) }));
  await load("strategic patch", (index) => ({
    method: "PATCH",
    path: path(index),
    type: strategicPatch,
    body: JSON.stringify({ metadata: { labels: { patched: `${index}` } } }),
  }));
  const request = () => ({ method: "GET", path: pods });
  const list = { name: `list of ${count} pods`, count: lists, clients: 1, request };
  told(await measureRequests(servers, door, list));
  for (const many of watchers) {
    const changes = Array.from({ length: Math.ceil(deliveries / many) }, (_, index) => ({
      method: "PATCH",
      path: path(index % count),
      type: mergePatch,
      body: JSON.stringify({ metadata: { labels: { seen: `${many}-${index}` } } }),
    }));
    told(await measureWatch(servers, door, { watchers: many, collection: pods, changes }));
  }
  const all = () => ({ method: "DELETE", path: `${pods}?gracePeriodSeconds=0` });
  const remove = { name: `delete of ${count} pods at once`, count: 1, clients: 1, request: all };
  told(await measureRequests(servers, door, remove));
  const { memoryBytes } = await usageOfAll(servers.pids);
  if (servers.pids.length > 0) {
    told([
      { name: "memory, empty", value: base.memoryBytes / 2 ** 20, unit: "MiB" },
      { name: "memory at most", value: memoryBytes / 2 ** 20, unit: "MiB" },
    ]);
  }
  return rows;
}

/** What pods need, where no controller would make it. What is there already stays. */
async function prepare(door: Door): Promise<void> {
  const make = (path: string, body: object) =>
    door.ask({ method: "POST", path, body: JSON.stringify(body) }).catch((error: Error) => {
      if (!error.message.includes(": 409 ")) throw error;
    });
  await make("/api/v1/namespaces", { metadata: { name: namespace } });
  await make(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" } });
}
