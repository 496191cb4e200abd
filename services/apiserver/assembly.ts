/** Puts the parts of one life together: store client, caches, admission, allocation. */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { resources } from "#libs/api/index.ts";
import { parseRange, type IpRange } from "#libs/api/validation/addresses.ts";
import type { Bus } from "#libs/bus/bus.ts";
import { admissionChain } from "./admission/chain.ts";
import {
  defaultIssuer,
  defaultNodePortMax,
  defaultNodePortMin,
  defaultServiceCidr,
  type ApiServerConfig,
} from "./config.ts";
import { Caches } from "./registry/caches.ts";
import type { RegistryContext } from "./registry/context.ts";
import { admissionReader } from "./registry/reader.ts";
import { ServiceAllocator } from "./registry/services.ts";
import { createStoreClient } from "./store/client.ts";

/** What a life is given: a part of `Host`. */
export interface Surroundings {
  readonly bus: Bus;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type RegistryConfig = Pick<
  ApiServerConfig,
  | "serviceCidr"
  | "nodePortMin"
  | "nodePortMax"
  | "serviceAccountIssuer"
  | "serviceAccountSigningKey"
>;

/** Nothing is started yet: caches are filled by `caches.start()`. */
export function assembleContext(
  { bus, world, log, signal }: Surroundings,
  config: RegistryConfig,
): RegistryContext {
  // Every cache and every waiting read listens to the end.
  setMaxListeners(0, signal);
  const store = createStoreClient({ bus, world, signal });
  const caches = new Caches({ resources, store, bus, world, log, signal });
  const services = new ServiceAllocator({
    cache: caches.named("services"),
    network: {
      range: rangeOf(config),
      nodePortMin: config.nodePortMin ?? defaultNodePortMin,
      nodePortMax: config.nodePortMax ?? defaultNodePortMax,
    },
    random: () => world.random(),
  });
  const { serviceAccountSigningKey: signingKey } = config;
  const issuer = config.serviceAccountIssuer ?? defaultIssuer;
  return {
    resources,
    caches,
    store,
    world,
    log,
    signal,
    admission: admissionChain,
    reader: admissionReader({ caches, store, world, signal }),
    services,
    tokens: signingKey === undefined ? undefined : { issuer, signingKey },
  };
}

/** Throws RangeError when the configured network is none. */
export function rangeOf({
  serviceCidr = defaultServiceCidr,
}: Partial<RegistryConfig>): IpRange {
  const range = parseRange(serviceCidr);
  if (range === undefined) throw new RangeError(`not a service address range: ${serviceCidr}`);
  return range;
}
