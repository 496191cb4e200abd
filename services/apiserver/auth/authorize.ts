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

/** Asks one after the other; without an opinion the reasons given are kept. */
export function chain(authorizers: readonly Authorizer[]): Authorizer {
  return (attributes) => decide(authorizers, attributes, 0, []);
}

/** Stays synchronous until one of them is not. */
function decide(
  authorizers: readonly Authorizer[],
  attributes: Attributes,
  start: number,
  reasons: readonly string[],
): Decision | Promise<Decision> {
  let kept = reasons;
  for (let index = start; index < authorizers.length; index += 1) {
    const answer = authorizers[index]?.(attributes) ?? noOpinion;
    if (answer instanceof Promise) {
      const before = kept;
      return answer.then((decision) =>
        decision.decision === "noOpinion"
          ? decide(authorizers, attributes, index + 1, withReason(before, decision))
          : decision,
      );
    }
    if (answer.decision !== "noOpinion") return answer;
    kept = withReason(kept, answer);
  }
  return { decision: "noOpinion", reason: kept.join("\n") };
}

const withReason = (reasons: readonly string[], { reason }: Decision): readonly string[] =>
  reason === "" ? reasons : [...reasons, reason];
