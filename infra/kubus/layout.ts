/**
 * How many of each part a cluster has, and what its store keeps. Written down in the cluster's
 * folder, so that the next start has the same without being told.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./usage.ts";

export interface Layout {
  /** NATS servers that Kubus runs: 1, or an odd number that forms a cluster; 0 before any ran. */
  readonly busServers: number;
  /** Copies of what the store keeps; on servers of Kubus's own as many as there are servers. */
  readonly replicas: number;
  readonly stores: number;
  readonly apiservers: number;
  /** How long a change can be read and watched from; undefined: as the store has it. */
  readonly historyMsMax: number | undefined;
  readonly historyCountMax: number | undefined;
}

/** What `up` was told; what it was not told stays as it was. */
export type AskedLayout = { readonly [Part in keyof Layout]?: Layout[Part] | undefined };

export const usualLayout: Layout = {
  busServers: 1,
  replicas: 1,
  stores: 1,
  apiservers: 1,
  historyMsMax: undefined,
  historyCountMax: undefined,
};

const clusterSizes = [1, 3, 5];
const sizesText = "1, 3 or 5: they need a majority to agree, and two have one only while both live";

/**
 * The layout of this start. Stores, API servers and the history can be changed at every start.
 * The servers of a bus cannot: each server keeps what it was made with, so that is refused with the
 * way to go. Throws UsageError. Pure.
 * @param kept what the folder was started with before; undefined for a new one
 */
export function settleLayout(
  asked: AskedLayout,
  kept: Layout | undefined,
  usersServer: boolean,
): Layout {
  const before = kept ?? usualLayout;
  const { busServers = usersServer ? 1 : before.busServers || 1 } = asked;
  checkCount("--bus-servers", busServers, usersServer);
  if (kept?.busServers && !usersServer && busServers !== kept.busServers) {
    throw new UsageError(
      `--bus-servers ${busServers}: this cluster's data is on ${kept.busServers}, and servers ` +
        "do not take over what others keep. Save it (kubus store snapshot save), and restore it " +
        `into a new folder (kubus store snapshot restore FILE --data NEW ` +
        `--bus-servers ${busServers})`,
    );
  }
  const usual = usersServer ? before.replicas : busServers;
  const { replicas = usual } = asked;
  if (!clusterSizes.includes(replicas)) {
    throw new UsageError(`--replicas ${replicas}: choose ${sizesText}`);
  }
  if (!usersServer && replicas !== busServers) {
    throw new UsageError(
      `--replicas ${replicas}: that is for servers of your own (--nats-url); here every one of ` +
        `the ${busServers} NATS servers has a copy (--bus-servers)`,
    );
  }
  return {
    // What own servers keep is theirs, also while the user's are used.
    busServers: usersServer ? (kept?.busServers ?? 0) : busServers,
    replicas,
    stores: asked.stores ?? before.stores,
    apiservers: asked.apiservers ?? before.apiservers,
    historyMsMax: asked.historyMsMax ?? before.historyMsMax,
    historyCountMax: asked.historyCountMax ?? before.historyCountMax,
  };
}

function checkCount(option: string, count: number, usersServer: boolean): void {
  if (usersServer && count > 1) {
    throw new UsageError(
      `${option} ${count}: with --nats-url the servers are yours; say --replicas ${count}`,
    );
  }
  if (!clusterSizes.includes(count)) {
    throw new UsageError(`${option} ${count}: choose ${sizesText}`);
  }
}

const layoutFile = (data: string) => join(data, "layout.json");

/** Undefined when the folder was never started, or by a Kubus that knew one layout only. */
export async function readLayout(data: string): Promise<Layout | undefined> {
  const text = await readFile(layoutFile(data), "utf8").catch(() => undefined);
  return text === undefined ? undefined : { ...usualLayout, ...(JSON.parse(text) as Layout) };
}

export async function writeLayout(data: string, layout: Layout): Promise<void> {
  const file = layoutFile(data);
  await writeFile(`${file}.new`, `${JSON.stringify(layout, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
