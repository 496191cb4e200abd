/** What a write hands out to its object: addresses and ports of a service. */
import type { Holdings } from "#libs/api/core/v1/services/allocation.ts";
import { invalidObject, serviceUnavailable } from "#libs/api/errors.ts";
import type { KubeObject, ResourceDefinition } from "#libs/api/resource.ts";
import type { Service } from "#proto/gen/k8s/core/v1.ts";
import { keyOf } from "./caches.ts";
import { TakenError } from "./claimrecords.ts";
import { kindName, type RegistryContext } from "./context.ts";

/** How often something else is tried when another API server was faster. */
const takenMax = 16;

/** What one write was refused by the store: it is not tried again by that write. */
export interface Refused {
  readonly ips: Set<string>;
  readonly nodePorts: Set<number>;
}

export const nothingRefused = (): Refused => ({ ips: new Set(), nodePorts: new Set() });

export function noteRefused({ ips, nodePorts }: Refused, taken: Holdings): void {
  for (const ip of taken.ips) ips.add(ip);
  for (const port of taken.nodePorts) nodePorts.add(port);
}

/**
 * Tries again, without what the store refused, for as long as that is what stands in the way;
 * bounded. `draft` is as it was before every try.
 */
export async function untilFree<Result>(
  draft: KubeObject,
  write: (refused: Refused) => Promise<Result>,
): Promise<Result> {
  const before = structuredClone(draft);
  const refused = nothingRefused();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write(refused);
    } catch (error) {
      if (!(error instanceof TakenError)) throw error;
      if (attempt === takenMax) throw serviceUnavailable(`${error.message}, as all that was tried`);
      noteRefused(refused, error.taken);
      // What one try filled in must not look as if the client had asked for it.
      for (const field of Object.keys(draft)) delete (draft as Record<string, unknown>)[field];
      Object.assign(draft, structuredClone(before));
    }
  }
}

const nothing = (): void => undefined;

/**
 * Fills what is handed out into the draft, in place, and keeps other writes of this server from
 * choosing it until the answer is called. Throws Invalid when something cannot be had.
 * @param refused what the store refused before; undefined in a dry run, which never asks it
 */
export function claimsOf(
  context: RegistryContext,
  definition: ResourceDefinition,
  draft: KubeObject,
  old: KubeObject | undefined,
  refused: Refused | undefined,
): () => void {
  if (keyOf(definition) !== "services") return nothing;
  const { services } = context;
  const errors = services.allocate(draft as Service, old as Service | undefined, refused);
  if (errors.length > 0) {
    throw invalidObject(kindName(definition), draft.metadata?.name ?? "", errors);
  }
  return services.claim(draft as Service);
}
