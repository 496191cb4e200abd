/** Puts the parts of one life together: store client, caches, admission, allocation. */
import { setMaxListeners } from "node:events";
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import { resources, resourceOfKind } from "#libs/api/index.ts";
import { parseRange, type IpRange } from "#libs/api/validation/addresses.ts";
import type { Bus } from "#libs/bus/bus.ts";
import type { PersistentVolumeClaim, Pod } from "#proto/gen/k8s/core/v1.ts";
import { admissionChain } from "./admission/chain.ts";
import { mutatingAdmissionPolicy } from "./admission/mutatingadmissionpolicy.ts";
import { resourceQuota } from "./admission/resourcequota.ts";
import { validatingAdmissionPolicy } from "./admission/validatingadmissionpolicy.ts";
import { chain } from "./auth/authorize.ts";
import { claimRights } from "./auth/claimrights.ts";
import { isNode, type NodeFacts, nodes } from "./auth/node.ts";
import { paramRights } from "./auth/paramrights.ts";
import { privileged } from "./auth/privileged.ts";
import { componentRoles } from "./auth/rbac/bootstrap/componentroles.ts";
import { rbacEscalation } from "./auth/rbac/escalation.ts";
import { cachedGrants, rbac } from "./auth/rbac/source.ts";
import { signerRights } from "./auth/signerrights.ts";
import {
  defaultIssuer,
  defaultNodePortMax,
  defaultNodePortMin,
  defaultServiceCidr,
  type ApiServerConfig,
} from "./config.ts";
import { Caches } from "./registry/caches.ts";
import { quotaCharger } from "./registry/charge.ts";
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
  const context: RegistryContext = {
    resources,
    caches,
    store,
    world,
    log,
    signal,
    ...guards(caches, () => context),
    reader: admissionReader({ caches, store, world, signal }),
    services,
    tokens: signingKey === undefined ? undefined : { issuer, signingKey },
  };
  return context;
}

type Guards = Pick<RegistryContext, "admission" | "authorization">;

/** Authorizers, and all that looks at a write. Quotas come last: only they charge something. */
function guards(caches: Caches, context: () => RegistryContext): Guards {
  const grants = cachedGrants(caches);
  const authorizers = [nodes(nodeFacts(caches))];
  const authorizer = chain([privileged, ...authorizers, rbac(grants)]);
  return {
    admission: [
      ...admissionChain,
      rbacEscalation(grants, authorizer),
      paramRights(authorizer),
      claimRights(authorizer),
      signerRights(authorizer),
      mutatingAdmissionPolicy(authorizer, resourceOfKind),
      validatingAdmissionPolicy(authorizer, resourceOfKind),
      resourceQuota(quotaCharger(context)),
    ],
    authorization: { authorizers, grants, hasMoreRights: isNode },
  };
}

function nodeFacts(caches: Caches): NodeFacts {
  const pods = caches.named("pods");
  const claims = caches.named("persistentvolumeclaims");
  const role = componentRoles.find(({ name }) => name === "system:node");
  return {
    *pods(namespace) {
      for (const { object } of pods.values(namespace)) yield object as Pod;
    },
    volumeOf: (namespace, name) => {
      const claim = claims.get(namespace, name)?.object as PersistentVolumeClaim | undefined;
      return claim?.spec?.volumeName;
    },
    rules: role?.rules ?? [],
  };
}

/** Throws RangeError when the configured network is none. */
export function rangeOf({ serviceCidr = defaultServiceCidr }: Partial<RegistryConfig>): IpRange {
  const range = parseRange(serviceCidr);
  if (range === undefined) throw new RangeError(`not a service address range: ${serviceCidr}`);
  return range;
}
