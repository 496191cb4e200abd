/** What a user may do at all: `kubectl auth can-i --list`. */
import { badRequest } from "#libs/api/errors.ts";
import type { PolicyRule } from "../policy.ts";
import type { User } from "../user.ts";
import type { Review, ReviewRequest } from "./review.ts";

/**
 * @param incomplete whether other authorizers may allow the user more, which cannot be listed
 */
export function rulesReview(
  rulesOf: (user: User, namespace: string) => readonly PolicyRule[],
  incomplete: (user: User) => boolean,
): Review {
  return {
    group: "authorization.k8s.io",
    version: "v1",
    kind: "SelfSubjectRulesReview",
    plural: "selfsubjectrulesreviews",
    singular: "selfsubjectrulesreview",
    scope: "Cluster",
    answer: async (request) => {
      const rules = rulesOf(request.user, namespaceOf(request));
      return {
        kind: "SelfSubjectRulesReview",
        apiVersion: "authorization.k8s.io/v1",
        metadata: {},
        spec: {},
        status: {
          resourceRules: rules.filter(({ resources }) => resources !== undefined),
          nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
          incomplete: incomplete(request.user),
        },
      };
    },
  };
}

function namespaceOf({ value }: ReviewRequest): string {
  const { namespace = "" } = (value["spec"] ?? {}) as { namespace?: string };
  if (namespace === "") throw badRequest("no namespace on request");
  return namespace;
}
