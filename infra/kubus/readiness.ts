/** Waits until the store and the API server serve, and until the nodes are Ready. */
import type { World } from "#libs/actor/world.ts";
import { errorText } from "../tools/error-text.ts";
import { apiGet, nodeReadiness } from "./api.ts";
import type { ClusterAccess } from "./kubeconfig/merge.ts";
import { rollCall } from "./rollcall.ts";
import { type BusAddress, connectTo } from "./runners/runner.ts";
import { storeHealth, storesOf } from "./stores.ts";

const pollMs = 25;
const servingMsMax = 30_000;

/** Milliseconds of a start after which the stores are asked what they are doing. */
const storePatienceMs = 500;

/**
 * Waits for the start of the stores, however long the log is that they read. Rejects when what they
 * read is damaged: they refuse to serve then, and go on refusing.
 * @param which options by which other commands find the cluster
 */
export async function untilStoreServes(
  address: BusAddress,
  starting: Promise<void>,
  which: string,
  world: World,
): Promise<void> {
  const ending = new AbortController();
  const refusal = untilRefused(address, which, world, ending.signal);
  try {
    await Promise.race([starting, refusal]);
  } finally {
    ending.abort(new Error("the store serves"));
    await refusal.catch(() => undefined);
  }
}

/** Rejects with why the stores refuse to serve; resolves when the signal is aborted. */
async function untilRefused(
  address: BusAddress,
  which: string,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  const pause = () => world.sleep(storePatienceMs, signal).catch(() => undefined);
  await pause();
  if (signal.aborted) return;
  const bus = await connectTo(address, "up", world);
  try {
    while (!signal.aborted) {
      const stores = storesOf(await rollCall(bus));
      const hasRefused = stores.some(({ role }) => role === "refusing");
      const health = storeHealth(stores);
      if (hasRefused && health !== "ok") {
        throw new Error(`the store is ${health}\n${wayBack(which)}`);
      }
      await pause();
    }
  } finally {
    await bus.close();
  }
}

const wayBack = (which: string) => `  to see all of it:         npx kubus store verify${which}
  to restore a backup:      npx kubus store snapshot restore FILE --force${which}
  to save what can be read: npx kubus store snapshot save FILE --up-to-damage${which}`;

/** Rejects with the last answer when /readyz is not 200 in time. */
export async function untilServing(access: ClusterAccess, world: World): Promise<void> {
  const deadline = world.monotonic() + servingMsMax;
  let last = "";
  while (world.monotonic() < deadline) {
    try {
      const { status, body } = await apiGet(access, "/readyz");
      if (status === 200) return;
      last = `${status} ${body.trim()}`;
    } catch (error) {
      last = errorText(error);
    }
    await world.sleep(pollMs);
  }
  throw new Error(`the API server is not ready after ${servingMsMax / 1000} s: ${last}`);
}

/** Names of the nodes that are not Ready after that time; empty as soon as all are. */
export async function untilNodesReady(
  access: ClusterAccess,
  nodes: readonly string[],
  waitMs: number,
  world: World,
): Promise<string[]> {
  const deadline = world.monotonic() + waitMs;
  let missing = [...nodes];
  while (world.monotonic() < deadline) {
    const ready = await nodeReadiness(access).catch(() => new Map<string, boolean>());
    missing = nodes.filter((name) => ready.get(name) !== true);
    if (missing.length === 0) break;
    await world.sleep(pollMs);
  }
  return missing;
}
