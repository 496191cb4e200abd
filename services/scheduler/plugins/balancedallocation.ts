/** NodeResourcesBalancedAllocation: nodes whose resources would be used evenly score higher. */
import type { Score, ScorePlugin } from "../framework.ts";
import { scoreMax } from "../framework.ts";
import type { PodFacts } from "../snapshot.ts";

const balanced = ["cpu", "memory"];

export const balancedAllocation: ScorePlugin = {
  name: "NodeResourcesBalancedAllocation",

  prepareScore({ requests }: PodFacts): Score | undefined {
    // A pod that asks for nothing balances nothing.
    if (balanced.every((name) => !requests.get(name))) return undefined;
    return {
      score({ allocatable, requested }) {
        const shares = balanced.flatMap((name) => {
          const all = allocatable.get(name) ?? 0;
          const used = (requested.get(name) ?? 0) + (requests.get(name) ?? 0);
          return all === 0 ? [] : [Math.min(1, used / all)];
        });
        return Math.floor((1 - deviation(shares)) * scoreMax);
      },
    };
  },
};

function deviation(shares: readonly number[]): number {
  if (shares.length < 2) return 0;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  return Math.sqrt(squares / shares.length);
}
