/** `kubus status`: whether a cluster runs and is well. */
import { realWorld } from "#libs/actor/world.ts";
import type { StateResponse } from "#proto/gen/kubus/actor/v1.ts";
import { parseAddresses } from "#libs/bus/address.ts";
import { errorText } from "../../tools/error-text.ts";
import { connectToCluster, readAccess, type WhichCluster } from "../access.ts";
import { apiGet, nodeReadiness } from "../api.ts";
import type { ClusterAccess } from "../kubeconfig/merge.ts";
import { type ClusterRecord, readRecord, runningPid } from "../data.ts";
import { dataFolder } from "../options.ts";
import { rollCall } from "../rollcall.ts";
import { storeHealth, storesOf, type StoreStatus, storesText } from "../stores.ts";
import { natsHealth } from "../../nats/health.ts";

export interface StatusOptions extends WhichCluster {
  readonly output: string;
}

interface Status {
  readonly name: string;
  readonly state: "running" | "starting" | "down";
  readonly data: string;
  readonly pid?: number;
  readonly server?: string;
  /** "ok", or what is wrong. */
  readonly apiserver?: string;
  /** Each one by itself, where there are several. */
  readonly apiservers?: Readonly<Record<string, string>>;
  /** "ok", or why no write gets through. */
  readonly store?: string;
  readonly stores?: readonly StoreStatus[];
  readonly nats?: string;
  /** Each NATS server that Kubus runs: "ok", or "down". */
  readonly natsServers?: Readonly<Record<string, string>>;
  readonly nodes?: { readonly ready: number; readonly total: number };
  readonly components?: number;
  readonly upSeconds?: number;
}

const exitCodes = { well: 0, ill: 1, down: 3 };

export async function status({ name, data, output }: StatusOptions): Promise<void> {
  const folder = dataFolder(name, data, process.env);
  const [pid, record] = await Promise.all([runningPid(folder), readRecord(folder)]);
  const found = await look(name, folder, pid, record);
  process.stdout.write(output === "json" ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
  if (found.state === "down") process.exitCode = exitCodes.down;
  else process.exitCode = isWell(found) ? exitCodes.well : exitCodes.ill;
}

/** Clients are served, and nothing is missing that should be there. */
const isWell = ({ apiserver, apiservers = {}, store, natsServers = {}, nodes }: Status) =>
  [apiserver, store, ...Object.values(apiservers), ...Object.values(natsServers)].every(
    (health) => health === "ok",
  ) &&
  (nodes === undefined || nodes.ready === nodes.total);

async function look(
  name: string,
  folder: string,
  pid: number | undefined,
  record: ClusterRecord | undefined,
): Promise<Status> {
  if (pid === undefined) return { name, state: "down", data: folder };
  // Its own record is not written yet: what is there is of the life before.
  if (record?.pid !== pid) return { name, state: "starting", data: folder, pid };
  return examine(folder, record);
}

async function examine(folder: string, record: ClusterRecord): Promise<Status> {
  const access = await readAccess(folder, record);
  const { name, phase, pid, server, apiservers = [], natsUrl, startedAt } = record;
  const several = apiservers.length > 1 ? apiservers : [];
  const servers = parseAddresses(natsUrl).servers;
  const [apiserver, each, ready, answers, natsServers] = await Promise.all([
    healthOf(access),
    Promise.all(several.map(async (url) => [url, await healthOf({ ...access, server: url })])),
    nodeReadiness(access).catch(() => new Map<string, boolean>()),
    callComponents(record).catch(() => []),
    Promise.all(servers.map(async (url) => [url, await natsHealth(url)])),
  ]);
  const stores = storesOf(answers);
  return {
    name,
    state: phase,
    data: folder,
    pid,
    server,
    apiserver,
    ...(several.length > 0 ? { apiservers: Object.fromEntries(each) } : {}),
    store: storeHealth(stores),
    stores,
    nats: servers.join(","),
    ...(servers.length > 1 ? { natsServers: Object.fromEntries(natsServers) } : {}),
    nodes: { ready: [...ready.values()].filter(Boolean).length, total: ready.size },
    components: answers.length,
    upSeconds: Math.round((realWorld.now() - startedAt) / 1000),
  };
}

const healthOf = (access: ClusterAccess): Promise<string> =>
  apiGet(access, "/readyz").then(
    ({ status: code, body }) => (code === 200 ? "ok" : `${code} ${body.trim()}`),
    errorText,
  );

async function callComponents(record: ClusterRecord): Promise<StateResponse[]> {
  const bus = await connectToCluster(record, "status", realWorld);
  try {
    return await rollCall(bus);
  } finally {
    await bus.close();
  }
}

const eachText = (each: Readonly<Record<string, string>>): string =>
  Object.entries(each)
    .map(([url, health]) => `${url} ${health}`)
    .join(", ");

function textOf({ nodes, stores, apiservers, natsServers, ...facts }: Status): string {
  const rows = Object.entries({
    ...facts,
    ...(apiservers ? { apiservers: eachText(apiservers) } : {}),
    ...(stores ? { stores: storesText(stores) } : {}),
    ...(natsServers ? { nats: eachText(natsServers) } : {}),
    ...(nodes ? { nodes: `${nodes.ready} of ${nodes.total} ready` } : {}),
  });
  return rows.map(([key, value]) => `${`${key}:`.padEnd(12)} ${value}\n`).join("");
}
