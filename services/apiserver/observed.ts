/** What the HTTPS door learns from the caches besides objects: sizes, and how to shape its load. */
import { cachedFlowControl, type FlowControlSource } from "./fairness/source.ts";
import type { StoredSize } from "./fairness/width.ts";
import type { Family } from "./health/exposition.ts";
import type { FamilySource } from "./health/metrics.ts";
import { keyOf, type Caches } from "./registry/caches.ts";
import type { RegistryContext } from "./registry/context.ts";

export interface Observed {
  readonly flowControl?: FlowControlSource;
  readonly storedSize: (group: string, resource: string) => StoredSize | undefined;
  readonly families: readonly FamilySource[];
}

const flowGroup = "flowcontrol.apiserver.k8s.io";

/** The caches must be filled. */
export function observedIn({ caches, store }: RegistryContext): Observed {
  const flowSchemas = caches.find(`flowschemas.${flowGroup}`);
  const priorityLevels = caches.find(`prioritylevelconfigurations.${flowGroup}`);
  const areServed = flowSchemas !== undefined && priorityLevels !== undefined;
  return {
    ...(areServed ? { flowControl: cachedFlowControl({ flowSchemas, priorityLevels }) } : {}),
    storedSize: (group, resource) => {
      const cache = caches.find(keyOf({ group, plural: resource }));
      return cache === undefined ? undefined : { count: cache.size, bytes: cache.bytes };
    },
    families: [() => storageFamilies(caches), store.families],
  };
}

function storageFamilies(caches: Caches): Family[] {
  const all = [...caches.entries()];
  return [
    {
      name: "apiserver_storage_objects",
      help: "Objects that are stored.",
      type: "gauge",
      samples: all.map(([resource, { size }]) => ({ labels: { resource }, value: size })),
    },
    {
      name: "apiserver_resource_objects",
      help: "Objects that are stored.",
      type: "gauge",
      samples: all.map(([, { definition, size }]) => ({
        labels: { group: definition.group, resource: definition.plural },
        value: size,
      })),
    },
    {
      name: "apiserver_resource_size_estimate_bytes",
      help: "Bytes of what is stored.",
      type: "gauge",
      samples: all.map(([, { definition, bytes }]) => ({
        labels: { group: definition.group, resource: definition.plural },
        value: bytes,
      })),
    },
  ];
}
