/** authentication.k8s.io: who am I, and whose token is this. */
import { badRequest, invalidObject, required } from "#libs/api/errors.ts";
import { timeText } from "#libs/api/time.ts";
import type { TokenAuthenticator } from "../token.ts";
import type { User } from "../user.ts";
import type { Review } from "./review.ts";

const version = { group: "authentication.k8s.io", version: "v1", scope: "Cluster" } as const;

const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  ...(groups.length > 0 ? { groups } : {}),
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
});

/** `kubectl auth whoami`. */
export const selfSubjectReviews = (now: () => number): Review => ({
  ...version,
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  singular: "selfsubjectreview",
  answer: async ({ user, value }) => ({
    kind: "SelfSubjectReview",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { ...metadataOf(value), creationTimestamp: timeText(now()) },
    status: { userInfo: userInfo(user) },
  }),
});

export const tokenReviews = (authenticator: TokenAuthenticator): Review => ({
  ...version,
  kind: "TokenReview",
  plural: "tokenreviews",
  singular: "tokenreview",
  answer: async ({ namespace, value }) => {
    const spec = (value["spec"] ?? {}) as { token?: string; audiences?: string[] };
    const kind = { group: version.group, name: "TokenReview" };
    if (namespace !== "") throw badRequest("namespace is not allowed on this type: ");
    if (!spec.token) {
      const missing = required("spec.token", "token is required for TokenReview in authentication");
      throw invalidObject(kind, "", [missing]);
    }
    const verdict = await authenticator(spec.token, spec.audiences);
    const status =
      verdict.type === "invalid"
        ? { user: {}, error: verdict.error }
        : { authenticated: true, user: userInfo(verdict.user), audiences: verdict.audiences };
    const metadata = metadataOf(value);
    return { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", metadata, spec, status };
  },
});

const metadataOf = (value: Readonly<Record<string, unknown>>): object =>
  (value["metadata"] as object | undefined) ?? {};
