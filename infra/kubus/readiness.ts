/** Waits until the API server serves and until the nodes are Ready. */
import type { World } from "#libs/actor/world.ts";
import { errorText } from "../tools/error-text.ts";
import { apiGet, nodeReadiness } from "./api.ts";
import type { ClusterAccess } from "./kubeconfig/merge.ts";

const pollMs = 25;
const servingMsMax = 30_000;

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
