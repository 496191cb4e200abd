/** What every verb of the registry works with. */
import type { Logger } from "pino";
import type { World } from "#libs/actor/world.ts";
import type { GroupName } from "#libs/api/errors.ts";
import type { RequestFacts, ResourceDefinition, Verb } from "#libs/api/resource.ts";
import type { AdmissionPlugin, AdmissionReader } from "../admission/plugin.ts";
import type { Authorizer } from "../auth/authorize.ts";
import type { GrantsSource } from "../auth/rbac/source.ts";
import type { User } from "../auth/user.ts";
import type { StoreClient } from "../store/client.ts";
import type { Caches } from "./caches.ts";
import type { ServiceAllocator } from "./services.ts";
import type { Caller, Place } from "./request.ts";

export interface RegistryContext {
  readonly resources: readonly ResourceDefinition[];
  readonly caches: Caches;
  readonly store: StoreClient;
  readonly world: World;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly admission: readonly AdmissionPlugin[];
  readonly authorization: Authorization;
  readonly reader: AdmissionReader;
  readonly services: ServiceAllocator;
  /** Undefined when this server cannot sign tokens. */
  readonly tokens: TokenSigner | undefined;
}

/** Who decides at the doors what somebody may do. */
export interface Authorization {
  readonly authorizers: readonly Authorizer[];
  readonly grants: GrantsSource;
  /** Whether the authorizers may allow a user more than can be listed. */
  readonly hasMoreRights: (user: User) => boolean;
}

/** Signs the tokens of service accounts. */
export interface TokenSigner {
  readonly issuer: string;
  /** PEM private key, ES256 or RS256. */
  readonly signingKey: string;
}

/** `deployments` in `apps`: what messages call the resource. */
export const resourceName = ({ group, plural }: ResourceDefinition): GroupName => ({
  group,
  name: plural,
});

/**
 * `Deployment` in `apps`: what validation messages call the kind. What is stored as a resource of
 * another group is called by that group.
 */
export const kindName = ({ group, kind, storedAs }: ResourceDefinition): GroupName => ({
  group: storedAs?.group ?? group,
  name: kind,
});

/** What a resource's own functions may know of a request: they have no clock and no bus. */
export function factsOf(
  { world, caches }: RegistryContext,
  caller: Caller,
  { subresource, namespace }: Place,
  verb: Verb,
): RequestFacts {
  return {
    now: world.now(),
    verb,
    subresource,
    user: caller.user,
    uid: caller.uid,
    groups: caller.groups,
    extra: caller.extra,
    uuid: () => world.uuid(),
    namespaceLabels: () =>
      caches.named("namespaces").get("", namespace)?.object.metadata?.labels ?? {},
  };
}
