/** Where flow schemas and priority levels come from: the caches of what is stored. */
import type { FlowSchema, PriorityLevelConfiguration } from "#proto/gen/k8s/flowcontrol/v1.ts";
import type { WatchCache } from "../registry/cache/cache.ts";
import type { FlowConfiguration } from "./configuration.ts";

export interface FlowControlSource {
  read(): FlowConfiguration;
  /** Calls back on every change until the returned function is called. */
  onChange(listener: () => void): () => void;
}

type Caches = Record<"flowSchemas" | "priorityLevels", WatchCache>;

/** The configuration that these caches hold. They must be filled. */
export function cachedFlowControl({ flowSchemas, priorityLevels }: Caches): FlowControlSource {
  return {
    read: () => ({
      flowSchemas: objectsOf<FlowSchema>(flowSchemas),
      priorityLevels: objectsOf<PriorityLevelConfiguration>(priorityLevels),
    }),
    onChange: (listener) => {
      const listeners = { changed: listener, reset: listener };
      const releases = [flowSchemas.listen(listeners), priorityLevels.listen(listeners)];
      return () => {
        for (const release of releases) release();
      };
    },
  };
}

const objectsOf = <T>(cache: WatchCache): T[] =>
  [...cache.values()].map(({ object }) => object as T);
