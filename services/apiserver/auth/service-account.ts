/** Names of service accounts as users. */

const prefix = "system:serviceaccount:";
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Undefined for a user that is no service account. */
export function splitUsername(username: string): ServiceAccountName | undefined {
  if (!username.startsWith(prefix)) return undefined;
  const [namespace = "", name = "", ...rest] = username.slice(prefix.length).split(":");
  const valid = rest.length === 0 && label.test(namespace) && subdomain.test(name);
  return valid && name.length <= 253 ? { namespace, name } : undefined;
}

export const usernameOf = ({ namespace, name }: ServiceAccountName): string =>
  `${prefix}${namespace}:${name}`;

export const serviceAccountGroups = (namespace: string): readonly string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
];
