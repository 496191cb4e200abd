/** What a write claims for its object until it is stored: addresses and ports of a service. */
import { invalidObject } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { keyOf } from "./caches.ts";
import { kindName, type RegistryContext } from "./context.ts";

/** How long after its write a service can be missing in the cache. */
const settleMs = 5000;

export interface Claims {
  /** The object is stored: the claims end once the cache has it. */
  keep(): void;
  /** The object was not stored. Without effect after `keep`. */
  release(): void;
}

const nothing: Claims = { keep: () => undefined, release: () => undefined };

/** Fills what is handed out into the draft, in place. Throws Invalid when that is not possible. */
export function claimsOf(
  context: RegistryContext,
  definition: ResourceDefinition,
  draft: KubeObject,
  old: KubeObject | undefined,
): Claims {
  if (keyOf(definition) !== "services") return nothing;
  const { services, world } = context;
  const errors = services.allocate(draft as Service, old as Service | undefined);
  if (errors.length > 0) {
    throw invalidObject(kindName(definition), draft.metadata?.name ?? "", errors);
  }
  let end: (() => void) | undefined = services.claim(draft as Service);
  return {
    keep: () => {
      if (end !== undefined) world.after(settleMs, end);
      end = undefined;
    },
    release: () => {
      end?.();
      end = undefined;
    },
  };
}
