/** Who a request is from, before it became a Caller. */

export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const anonymousUser: User = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

export const authenticatedGroup = "system:authenticated";

/** The user with the group that every authenticated user has, once and last. */
export function authenticated(user: User): User {
  if (user.groups.includes(authenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
