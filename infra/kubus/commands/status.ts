/** `kubus status`: whether a cluster runs and is well. */
import { realWorld } from "#libs/actor/world.ts";
import { parseAddresses } from "#libs/bus/address.ts";
import { errorText } from "../../tools/error-text.ts";
import { connectToCluster, readAccess, type WhichCluster } from "../access.ts";
import { apiGet, nodeReadiness } from "../api.ts";
import { type ClusterRecord, readRecord, runningPid } from "../data.ts";
import { dataFolder } from "../options.ts";
import { rollCall } from "../rollcall.ts";

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
  readonly nats?: string;
  readonly nodes?: { readonly ready: number; readonly total: number };
  readonly components?: number;
  readonly upSeconds?: number;
}

const exitCodes = { well: 0, ill: 1, down: 3 };

export async function status({ name, data, output }: StatusOptions): Promise<void> {
  const folder = dataFolder(name, data, process.env);
  const [pid, record] = await Promise.all([runningPid(folder), readRecord(folder)]);
  const found: Status =
    pid === undefined || !record
      ? { name, state: "down", data: folder }
      : await examine(folder, record);
  process.stdout.write(output === "json" ? `${JSON.stringify(found, null, 2)}\n` : textOf(found));
  if (found.state === "down") process.exitCode = exitCodes.down;
  else process.exitCode = isWell(found) ? exitCodes.well : exitCodes.ill;
}

const isWell = ({ apiserver, nodes }: Status) =>
  apiserver === "ok" && (nodes === undefined || nodes.ready === nodes.total);

async function examine(folder: string, record: ClusterRecord): Promise<Status> {
  const access = await readAccess(folder, record);
  const [apiserver, ready, components] = await Promise.all([
    apiGet(access, "/readyz").then(
      ({ status: code, body }) => (code === 200 ? "ok" : `${code} ${body.trim()}`),
      errorText,
    ),
    nodeReadiness(access).catch(() => new Map<string, boolean>()),
    countComponents(record).catch(() => 0),
  ]);
  const { name, phase, pid, server, natsUrl, startedAt } = record;
  return {
    name,
    state: phase,
    data: folder,
    pid,
    server,
    apiserver,
    nats: parseAddresses(natsUrl).servers.join(","),
    nodes: { ready: [...ready.values()].filter(Boolean).length, total: ready.size },
    components,
    upSeconds: Math.round((realWorld.now() - startedAt) / 1000),
  };
}

async function countComponents(record: ClusterRecord): Promise<number> {
  const bus = await connectToCluster(record, "status", realWorld);
  try {
    return (await rollCall(bus)).length;
  } finally {
    await bus.close();
  }
}

function textOf({ nodes, ...facts }: Status): string {
  const rows = Object.entries({
    ...facts,
    ...(nodes ? { nodes: `${nodes.ready} of ${nodes.total} ready` } : {}),
  });
  return rows.map(([key, value]) => `${`${key}:`.padEnd(12)} ${value}\n`).join("");
}
