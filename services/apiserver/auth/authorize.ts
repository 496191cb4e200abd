/** May this user do this? An ordered chain: the first that allows or denies decides. */
import type { User } from "./user.ts";

/** What is asked, in the words of Kubernetes' authorizer attributes. */
export interface Attributes {
  readonly user: User;
  /** `get`, `list`, `create`, …, or the lower-case HTTP method of a path. */
  readonly verb: string;
  readonly resourceRequest: boolean;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Of a request that is not about a resource. */
  readonly path: string;
}

export interface Decision {
  readonly decision: "allow" | "deny" | "noOpinion";
  /** Shown to the client after the refusal; may be empty. */
  readonly reason: string;
}

/** Synchronous where it can be: it stands in the path of every request. */
export type Authorizer = (attributes: Attributes) => Decision | Promise<Decision>;

export const allow = (reason: string): Decision => ({ decision: "allow", reason });
export const noOpinion: Decision = { decision: "noOpinion", reason: "" };

/** Asks one after the other; without an opinion the last reason given is kept. */
export function chain(authorizers: readonly Authorizer[]): Authorizer {
  return async (attributes) => {
    const reasons: string[] = [];
    for (const authorizer of authorizers) {
      const decision = await authorizer(attributes);
      if (decision.decision !== "noOpinion") return decision;
      if (decision.reason !== "") reasons.push(decision.reason);
    }
    return { decision: "noOpinion", reason: reasons.join("\n") };
  };
}
