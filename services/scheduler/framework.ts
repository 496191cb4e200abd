/** What plugins are: small, pure, one thing each. */
import type { Pod } from "#proto/gen/k8s/core/v1.ts";
import type { NodeInfo, PodFacts, Snapshot } from "./snapshot.ts";

/** Why a node does not do. */
export interface Rejection {
  readonly plugin: string;
  /** As FailedScheduling events count them, e.g. "Insufficient cpu". */
  readonly reasons: readonly string[];
  /** Removing pods from the node would not help. */
  readonly isFinal: boolean;
}

/** Looks at one node at a time. */
export interface FilterPlugin {
  readonly name: string;
  /**
   * What can be worked out once for a pod; its result is handed to `filter`. Undefined: the plugin
   * has nothing to say about this pod.
   */
  prepareFilter(facts: PodFacts, snapshot: Snapshot): Filter | undefined;
}

/** The reasons against a node; undefined when there are none. */
export type Filter = (node: NodeInfo) => Omit<Rejection, "plugin"> | undefined;

export interface ScorePlugin {
  readonly name: string;
  /** Undefined: the plugin does not tell the nodes apart for this pod. */
  prepareScore(facts: PodFacts, nodes: readonly NodeInfo[], snapshot: Snapshot): Score | undefined;
}

export interface Score {
  /** Any finite number; `normalize` brings them to 0 to 100. */
  score(node: NodeInfo): number;
  readonly normalize?: (scores: readonly number[]) => readonly number[];
}

/** Scores count from 0 to this. */
export const scoreMax = 100;

/** Largest becomes 100, others in proportion; reversed: largest becomes 0. */
export function proportional(
  scores: readonly number[],
  { reverse = false }: { readonly reverse?: boolean } = {},
): readonly number[] {
  const largest = Math.max(0, ...scores);
  if (largest === 0) return reverse ? scores.map(() => scoreMax) : scores;
  return scores.map((score) => {
    const share = Math.floor((score * scoreMax) / largest);
    return reverse ? scoreMax - share : share;
  });
}

/** Holds pods back before they are queued. */
export interface PreEnqueuePlugin {
  readonly name: string;
  /** Why the pod must not be scheduled yet; undefined when it may. */
  preEnqueue(pod: Pod): string | undefined;
}
