/** Informers shared by all components of a process that use the same connection. */
import type { Host } from "#libs/actor/component.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { apiClient } from "#libs/client/client.ts";
import { Informer } from "./informer.ts";

/** Follow one partition of a resource only. */
export interface Part {
  readonly partition: string;
  readonly fieldSelector: string;
}

interface Entry {
  readonly informer: Informer<KubeObject>;
  users: number;
}

const pools = new WeakMap<Bus, Map<string, Entry>>();

/** Informers read on behalf of the process, not of one component in it. */
const identity = { user: "system:kube-controller-manager", manager: "kubus-informer" };

/**
 * The process's informer of a resource, started at first use and stopped when its last user ends.
 * The host's life is the use.
 */
export function sharedInformer<T extends KubeObject>(
  host: Host,
  resource: ResourceDefinition<T>,
  part?: Part,
): Informer<T> {
  let pool = pools.get(host.shared);
  if (!pool) pools.set(host.shared, (pool = new Map()));
  const key = `${resource.group}/${resource.plural}/${part?.partition ?? ""}`;
  let entry = pool.get(key);
  if (!entry) {
    const informer = new Informer<T>({
      bus: host.shared,
      client: apiClient(host.shared, identity),
      world: host.world,
      resource,
      ...part,
    });
    informer.start();
    entry = { informer: informer as unknown as Informer<KubeObject>, users: 0 };
    pool.set(key, entry);
  }
  const { informer } = entry;
  entry.users += 1;
  host.onEnd(() => release(pool, key));
  return informer as unknown as Informer<T>;
}

function release(pool: Map<string, Entry>, key: string): void {
  const entry = pool.get(key);
  if (!entry) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  pool.delete(key);
  entry.informer.stop();
}
