/** The grants as the caches have them: made anew after a change, when somebody asks. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { ClusterRole, RoleBinding } from "#proto/gen/k8s/rbac/v1.ts";
import type { Caches } from "../../registry/caches.ts";
import { allow, type Authorizer, noOpinion } from "../authorize.ts";
import { RbacGrants } from "./grants.ts";

const group = "rbac.authorization.k8s.io";

/** Grants as of now. */
export type GrantsSource = () => RbacGrants;

/** The caches must be filled before the first question. */
export function cachedGrants(caches: Caches): GrantsSource {
  const cacheOf = (plural: string) => caches.named(`${plural}.${group}`);
  const roles = [cacheOf("clusterroles"), cacheOf("roles")];
  const bindings = [cacheOf("clusterrolebindings"), cacheOf("rolebindings")];
  let grants: RbacGrants | undefined;
  const forget = () => {
    grants = undefined;
  };
  for (const cache of [...roles, ...bindings]) cache.listen({ changed: forget, reset: forget });
  function* objects<T extends KubeObject>(of: typeof roles): Generator<T> {
    for (const cache of of) for (const { object } of cache.values()) yield object as T;
  }
  return () =>
    (grants ??= new RbacGrants({
      roles: objects<ClusterRole>(roles),
      bindings: objects<RoleBinding>(bindings),
    }));
}

/** Role-based access control. */
export const rbac =
  (grants: GrantsSource): Authorizer =>
  (attributes) => {
    const reason = grants().allows(attributes);
    return reason === undefined ? noOpinion : allow(reason);
  };
