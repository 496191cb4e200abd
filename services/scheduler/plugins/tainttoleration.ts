/** TaintToleration: taints keep pods away unless tolerated; fewer soft taints score higher. */
import { tolerates } from "#libs/api/tolerations.ts";
import type { Taint, Toleration } from "#proto/gen/k8s/core/v1.ts";
import type { Filter, FilterPlugin, Score, ScorePlugin } from "../framework.ts";
import { proportional } from "../framework.ts";
import type { NodeInfo, PodFacts } from "../snapshot.ts";

const isHard = ({ effect }: Taint) => effect === "NoSchedule" || effect === "NoExecute";
const isSoft = ({ effect }: Taint) => effect === "PreferNoSchedule";
const isTolerated = (tolerations: readonly Toleration[], taint: Taint) =>
  tolerations.some((toleration) => tolerates(toleration, taint));

export const taintToleration: FilterPlugin & ScorePlugin = {
  name: "TaintToleration",

  prepareFilter({ pod }: PodFacts): Filter {
    const tolerations = pod.spec?.tolerations ?? [];
    return ({ node }) => {
      const taints = node.spec?.taints;
      if (!taints) return undefined;
      const unwanted = taints.find((taint) => isHard(taint) && !isTolerated(tolerations, taint));
      if (!unwanted) return undefined;
      const { key = "", value = "" } = unwanted;
      const reason = `node(s) had untolerated taint {${key}: ${value}}`;
      return { reasons: [reason], isFinal: true };
    };
  },

  prepareScore({ pod }: PodFacts, nodes: readonly NodeInfo[]): Score | undefined {
    const hasSoft = nodes.some(({ node }) => node.spec?.taints?.some(isSoft));
    if (!hasSoft) return undefined;
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      ({ effect = "" }) => effect === "" || effect === "PreferNoSchedule",
    );
    return {
      score: ({ node }) =>
        (node.spec?.taints ?? []).filter(
          (taint) => isSoft(taint) && !isTolerated(tolerations, taint),
        ).length,
      normalize: (scores) => proportional(scores, { reverse: true }),
    };
  },
};
