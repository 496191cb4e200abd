/** NodeAffinity: node selector and required terms must match; preferred terms score. */
import type { Filter, FilterPlugin, Score, ScorePlugin } from "../framework.ts";
import { proportional } from "../framework.ts";
import type { PodFacts } from "../snapshot.ts";
import { matchesAnyTerm, matchesTerm } from "./nodeselectorterms.ts";

const reasons = ["node(s) didn't match Pod's node affinity/selector"];

export const nodeAffinity: FilterPlugin & ScorePlugin = {
  name: "NodeAffinity",

  prepareFilter({ pod }: PodFacts): Filter | undefined {
    const selector = Object.entries(pod.spec?.nodeSelector ?? {});
    const required =
      pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (selector.length === 0 && !required) return undefined;
    const terms = required?.nodeSelectorTerms ?? [];
    return ({ node }) => {
      const labels = node.metadata?.labels ?? {};
      const isSelected = selector.every(([key, value]) => labels[key] === value);
      if (isSelected && (!required || matchesAnyTerm(terms, node))) return undefined;
      return { reasons, isFinal: true };
    };
  },

  prepareScore({ pod }: PodFacts): Score | undefined {
    const preferred =
      pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    return {
      score: ({ node }) =>
        preferred.reduce(
          (sum, { weight = 0, preference = {} }) =>
            matchesTerm(preference, node) ? sum + weight : sum,
          0,
        ),
      normalize: proportional,
    };
  },
};
