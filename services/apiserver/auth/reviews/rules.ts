/** What a user may do at all: `kubectl auth can-i --list`. */
import { badRequest } from "#libs/api/errors.ts";
import type { PolicyRule } from "../policy.ts";
import type { User } from "../user.ts";
import type { Review, ReviewRequest } from "./review.ts";

/**
 * `incomplete`: further authorizers are asked as well, and what they allow cannot be listed.
 */
export function rulesReview(
  rulesOf: (user: User) => readonly PolicyRule[],
  incomplete: boolean,
): Review {
  return {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    scope: "Cluster",
    answer: async (request) => {
      requireNamespace(request);
      const rules = rulesOf(request.user);
      return {
        kind: "SelfSubjectRulesReview",
        apiVersion: "authorization.k8s.io/v1",
        metadata: (request.value["metadata"] as object | undefined) ?? {},
        spec: {},
        status: {
          resourceRules: rules.filter(({ resources }) => resources !== undefined),
          nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
          incomplete,
        },
      };
    },
  };
}

/** Rules differ by namespace, even where these do not. */
function requireNamespace({ value }: ReviewRequest): void {
  const { namespace = "" } = (value["spec"] ?? {}) as { namespace?: string };
  if (namespace === "") throw badRequest("no namespace on request");
}
