/**
 * Rights that hold in every cluster: those of administrators, of the control plane itself and of
 * the cluster roles that Kubernetes binds at its start. What they leave open the chain behind them
 * decides.
 */
import { allow, noOpinion, type Attributes, type Authorizer, type Decision } from "./authorize.ts";
import { authenticatedGroup } from "./user.ts";

export const privilegedGroup = "system:masters";

export const privileged: Authorizer = ({ user }) =>
  user.groups.includes(privilegedGroup) ? allow("") : noOpinion;

/** Certificates of the cluster's own components: their names begin with `system:`. */
export const components: Authorizer = ({ user }) => {
  const system = user.name.startsWith("system:");
  const account = user.name.startsWith("system:serviceaccount:");
  const known = user.groups.includes(authenticatedGroup);
  return system && !account && known ? allow("") : noOpinion;
};

interface Rule {
  readonly role: string;
  readonly groups: readonly string[];
  readonly matches: (attributes: Attributes) => boolean;
}

const publicPaths: readonly string[] = [
  "/healthz",
  "/livez",
  "/readyz",
  "/version",
  "/version/",
];
const discoveryPaths: readonly string[] = [
  "/api",
  "/api/*",
  "/apis",
  "/apis/*",
  "/healthz",
  "/livez",
  "/openapi",
  "/openapi/*",
  "/readyz",
  "/version",
  "/version/",
];

/** Who may ask about itself. */
const ownReviews: Readonly<Record<string, readonly string[]>> = {
  "authorization.k8s.io": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
  "authentication.k8s.io": ["selfsubjectreviews"],
};

const rules: readonly Rule[] = [
  {
    role: "system:basic-user",
    groups: [authenticatedGroup],
    matches: ({ resourceRequest, verb, group, resource, subresource }) =>
      resourceRequest &&
      verb === "create" &&
      subresource === "" &&
      (ownReviews[group]?.includes(resource) ?? false),
  },
  {
    role: "system:discovery",
    groups: [authenticatedGroup],
    matches: (attributes) => readsPath(attributes, discoveryPaths),
  },
  {
    role: "system:public-info-viewer",
    groups: [authenticatedGroup, "system:unauthenticated"],
    matches: (attributes) => readsPath(attributes, publicPaths),
  },
];

function readsPath(
  { resourceRequest, verb, path }: Attributes,
  paths: readonly string[],
): boolean {
  if (resourceRequest || (verb !== "get" && verb !== "head")) return false;
  return paths.some((known) =>
    known.endsWith("*") ? path.startsWith(known.slice(0, -1)) : path === known,
  );
}

export const bootstrapRoles: Authorizer = (attributes) => bootstrapDecision(attributes);

function bootstrapDecision(attributes: Attributes): Decision {
  for (const { role, groups, matches } of rules) {
    const group = groups.find((candidate) => attributes.user.groups.includes(candidate));
    if (group === undefined || !matches(attributes)) continue;
    return allow(
      `RBAC: allowed by ClusterRoleBinding "${role}" of ClusterRole "${role}" to Group "${group}"`,
    );
  }
  return noOpinion;
}
