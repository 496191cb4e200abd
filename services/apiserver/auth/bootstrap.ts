/**
 * Rights that hold in every cluster: those of administrators, of the control plane itself and of
 * the cluster roles that Kubernetes binds at its start. What they leave open the chain behind them
 * decides.
 */
import { allow, noOpinion, type Authorizer } from "./authorize.ts";
import { ruleAllows, type PolicyRule } from "./policy.ts";
import { authenticatedGroup, type User } from "./user.ts";

const privilegedGroup = "system:masters";

const isPrivileged = ({ groups }: User): boolean => groups.includes(privilegedGroup);

/** Certificates of the cluster's own components: their names begin with `system:`. */
function isComponent({ name, groups }: User): boolean {
  const account = name.startsWith("system:serviceaccount:");
  return name.startsWith("system:") && !account && groups.includes(authenticatedGroup);
}

export const privileged: Authorizer = ({ user }) => (isPrivileged(user) ? allow("") : noOpinion);

export const components: Authorizer = ({ user }) => (isComponent(user) ? allow("") : noOpinion);

interface BoundRole {
  readonly role: string;
  readonly groups: readonly string[];
  readonly rules: readonly PolicyRule[];
}

const publicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
const reads = ["get"];

const boundRoles: readonly BoundRole[] = [
  {
    role: "system:basic-user",
    groups: [authenticatedGroup],
    rules: [
      {
        verbs: ["create"],
        apiGroups: ["authorization.k8s.io"],
        resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
      },
      {
        verbs: ["create"],
        apiGroups: ["authentication.k8s.io"],
        resources: ["selfsubjectreviews"],
      },
    ],
  },
  {
    role: "system:discovery",
    groups: [authenticatedGroup],
    rules: [
      {
        verbs: reads,
        nonResourceURLs: [
          "/api",
          "/api/*",
          "/apis",
          "/apis/*",
          "/openapi",
          "/openapi/*",
          ...publicPaths,
        ],
      },
    ],
  },
  {
    role: "system:public-info-viewer",
    groups: [authenticatedGroup, "system:unauthenticated"],
    rules: [{ verbs: reads, nonResourceURLs: publicPaths }],
  },
];

export const bootstrapRoles: Authorizer = (attributes) => {
  for (const { role, groups, rules } of boundRoles) {
    const group = groups.find((candidate) => attributes.user.groups.includes(candidate));
    if (group === undefined || !rules.some((rule) => ruleAllows(rule, attributes))) continue;
    return allow(
      `RBAC: allowed by ClusterRoleBinding "${role}" of ClusterRole "${role}" to Group "${group}"`,
    );
  }
  return noOpinion;
};

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

/** What these rights are, for a user who asks. */
export function bootstrapRules(user: User): readonly PolicyRule[] {
  const all = isPrivileged(user) || isComponent(user) ? everything : [];
  const bound = boundRoles.filter(({ groups }) =>
    groups.some((group) => user.groups.includes(group)),
  );
  return [...all, ...bound.flatMap(({ rules }) => rules)];
}
