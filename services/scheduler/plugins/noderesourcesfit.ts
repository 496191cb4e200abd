/** NodeResourcesFit: what the pod asks for must be free; nodes with more left over score higher. */
import type { Filter, FilterPlugin, Score, ScorePlugin } from "../framework.ts";
import { scoreMax } from "../framework.ts";
import type { NodeInfo, PodFacts } from "../snapshot.ts";

const scored = ["cpu", "memory"];

export const nodeResourcesFit: FilterPlugin & ScorePlugin = {
  name: "NodeResourcesFit",

  prepareFilter({ requests }: PodFacts): Filter {
    const wanted = [...requests].filter(([, amount]) => amount > 0);
    return ({ pods, podsMax, allocatable, requested }) => {
      const reasons: string[] = [];
      let isFinal = false;
      if (pods.size + 1 > podsMax) reasons.push("Too many pods");
      for (const [name, amount] of wanted) {
        const all = allocatable.get(name) ?? 0;
        if (amount <= all - (requested.get(name) ?? 0)) continue;
        reasons.push(`Insufficient ${name}`);
        if (amount > all) isFinal = true;
      }
      return reasons.length > 0 ? { reasons, isFinal } : undefined;
    };
  },

  prepareScore({ scoringRequests }: PodFacts): Score {
    const score = ({ allocatable, scoringRequested }: NodeInfo) => {
      let sum = 0;
      let counted = 0;
      for (const name of scored) {
        const all = allocatable.get(name) ?? 0;
        if (all === 0) continue;
        const used = (scoringRequested.get(name) ?? 0) + (scoringRequests.get(name) ?? 0);
        sum += used > all ? 0 : Math.floor(((all - used) * scoreMax) / all);
        counted += 1;
      }
      return counted === 0 ? 0 : Math.floor(sum / counted);
    };
    return { score };
  },
};
