/** Policies that are bound for a request. */
import type { KubeObject } from "#libs/api/resource.ts";
import type { MatchResources } from "#proto/gen/k8s/admissionregistration/v1.ts";
import type { AdmissionReader, AdmissionRequest } from "../plugin.ts";
import { isMatched } from "./match.ts";

/** What validating and mutating policies, and their bindings, have alike. */
interface Pair {
  readonly policy: KubeObject & { readonly spec?: { readonly matchConstraints?: MatchResources } };
  readonly binding: KubeObject & {
    readonly spec?: { readonly policyName?: string; readonly matchResources?: MatchResources };
  };
}

/** In the order of the policies' names; a policy stands here once for each binding that matches. */
export function boundPolicies<Bound extends Pair>(
  policies: string,
  bindings: string,
  request: AdmissionRequest,
  reader: AdmissionReader,
): Bound[] {
  const all = [...reader.list(bindings, "")] as Bound["binding"][];
  if (all.length === 0) return [];
  const found: Bound[] = [];
  for (const policy of reader.list(policies, "") as Iterable<Bound["policy"]>) {
    const own = all.filter(({ spec }) => spec?.policyName === policy.metadata?.name);
    if (own.length === 0) continue;
    if (!isMatched(policy.spec?.matchConstraints ?? {}, request, reader)) continue;
    for (const binding of own) {
      const isBound = isMatched(binding.spec?.matchResources ?? {}, request, reader);
      if (isBound) found.push({ policy, binding } as Bound);
    }
  }
  return found;
}
