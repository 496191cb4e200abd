/** What admission plugins read. */
import type { World } from "#libs/actor/world.ts";
import type { AdmissionReader } from "../admission/plugin.ts";
import type { StoreClient } from "../store/client.ts";
import { versionOfRecord } from "./cache/version.ts";
import type { Caches } from "./caches.ts";

interface ReaderOptions {
  readonly caches: Caches;
  readonly store: StoreClient;
  readonly world: World;
  readonly signal: AbortSignal;
}

/** What admission may read: from the caches, or live where a cache that is behind would refuse. */
export function admissionReader({ caches, store, world, signal }: ReaderOptions): AdmissionReader {
  return {
    cached: (resource, namespace, name) => caches.named(resource).get(namespace, name)?.object,
    *list(resource, namespace) {
      for (const { object } of caches.named(resource).values(namespace)) yield object;
    },
    async live(resource, namespace, name) {
      const { definition } = caches.named(resource);
      const { group, plural } = definition;
      const { record } = await store.get({ group, resource: plural, namespace, name });
      return record === undefined ? undefined : versionOfRecord(definition, record).object;
    },
    get now() {
      return world.now();
    },
    random: () => world.random(),
    sleep: (milliseconds) => world.sleep(milliseconds, signal),
  };
}
