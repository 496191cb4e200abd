/** A short way to write down the roles that every cluster starts with. */
import type { PolicyRule } from "../../policy.ts";

export interface BootstrapRole {
  readonly name: string;
  /** Of a role; absent for a cluster role. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels of the cluster roles whose rules this one gathers. */
  readonly aggregates?: readonly Readonly<Record<string, string>>[];
  readonly rules?: readonly PolicyRule[];
}

const words = (text: string): string[] => text.split(" ");

/** All lists are words with one space between; the core group is `core`. */
export function rule(verbs: string, groups: string, resources: string, names?: string): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === "core" ? "" : group)),
    resources: words(resources),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
  };
}

/** A rule about paths that are not of resources. */
export const paths = (verbs: string, urls: string): PolicyRule => ({
  verbs: words(verbs),
  nonResourceURLs: words(urls),
});
