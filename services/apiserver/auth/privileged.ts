/** Administrators: whoever is in their group may do everything, whatever roles say. */
import { allow, type Authorizer, noOpinion } from "./authorize.ts";
import type { PolicyRule } from "./policy.ts";
import type { User } from "./user.ts";

const privilegedGroup = "system:masters";

const isPrivileged = ({ groups }: User): boolean => groups.includes(privilegedGroup);

/** Allows all to `system:masters`; has no opinion about others. */
export const privileged: Authorizer = ({ user }) => (isPrivileged(user) ? allow("") : noOpinion);

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** The same as rules, for a user who asks what he may do. */
export const privilegedRules = (user: User): readonly PolicyRule[] =>
  isPrivileged(user) ? everything : [];
