/** Where one pod goes: filter, then score. Same snapshot and same draw, same answer. */
import type { Filter, Rejection } from "./framework.ts";
import type { Profile } from "./profile.ts";
import type { NodeInfo, PodFacts, Snapshot } from "./snapshot.ts";

export type Verdict =
  | { readonly type: "Place"; readonly node: string }
  | {
      readonly type: "Refuse";
      /** As the PodScheduled condition and the event say it. */
      readonly message: string;
      readonly rejections: ReadonlyMap<string, Rejection>;
    };

/** Below this many nodes all are looked at; above, a share that falls with their number. */
const nodesSampledMin = 100;
const percentMin = 5;

/**
 * Finds the best node. `start` says where to begin looking, so that successive pods do not all look
 * at the same nodes; `draw` (0 to below 1) decides between equals.
 */
export function schedule(
  facts: PodFacts,
  snapshot: Snapshot,
  profile: Profile,
  { start, draw }: { readonly start: number; readonly draw: number },
): Verdict & { readonly looked: number } {
  const nodes = snapshot.nodes();
  const filters = profile.filters.flatMap((plugin) => {
    const filter = plugin.prepareFilter(facts, snapshot);
    return filter ? [{ plugin: plugin.name, filter }] : [];
  });
  const wanted = sampleSize(nodes.length);
  const feasible: NodeInfo[] = [];
  const rejections = new Map<string, Rejection>();
  let looked = 0;
  while (looked < nodes.length && feasible.length < wanted) {
    const node = nodes[(start + looked) % nodes.length];
    looked += 1;
    if (!node) break;
    const rejection = firstRejection(filters, node);
    if (rejection) rejections.set(node.name, rejection);
    else feasible.push(node);
  }
  if (feasible.length === 0) {
    return { type: "Refuse", message: refusal(nodes.length, rejections), rejections, looked };
  }
  const node = best(facts, feasible, snapshot, profile, draw);
  return { type: "Place", node: node.name, looked };
}

/** As kube-scheduler's adaptive percentageOfNodesToScore. */
function sampleSize(count: number): number {
  if (count < nodesSampledMin) return count;
  const percent = Math.max(percentMin, 50 - count / 125);
  return Math.max(nodesSampledMin, Math.floor((count * percent) / 100));
}

function firstRejection(
  filters: readonly { readonly plugin: string; readonly filter: Filter }[],
  node: NodeInfo,
): Rejection | undefined {
  for (const { plugin, filter } of filters) {
    const rejection = filter(node);
    if (rejection) return { plugin, ...rejection };
  }
  return undefined;
}

function best(
  facts: PodFacts,
  feasible: readonly NodeInfo[],
  snapshot: Snapshot,
  { scores }: Profile,
  draw: number,
): NodeInfo {
  const [only] = feasible;
  if (!only) throw new Error("no node to choose from");
  if (feasible.length === 1) return only;
  const totals = feasible.map(() => 0);
  for (const { plugin, weight } of scores) {
    const prepared = plugin.prepareScore(facts, feasible, snapshot);
    if (!prepared) continue;
    const raw = feasible.map((node) => prepared.score(node));
    const normal = prepared.normalize?.(raw) ?? raw;
    for (const [index, score] of normal.entries()) {
      totals[index] = (totals[index] ?? 0) + score * weight;
    }
  }
  const highest = Math.max(...totals);
  const winners = feasible.filter((_, index) => totals[index] === highest);
  return winners[Math.floor(draw * winners.length)] ?? only;
}

/**
 * Kubernetes' sentence (`0/3 nodes are available: 1 Insufficient cpu, 2 …`)
 * and what preemption could do about it.
 */
function refusal(count: number, rejections: ReadonlyMap<string, Rejection>): string {
  const head = `0/${count} nodes are available`;
  if (count === 0) return "no nodes available to schedule pods";
  const counts = new Map<string, number>();
  for (const { reasons } of rejections.values()) {
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const parts = [...counts].map(([reason, times]) => `${times} ${reason}`).toSorted();
  return `${head}: ${parts.join(", ")}. ${preemption(count, [...rejections.values()])}`;
}

function preemption(count: number, rejections: readonly Rejection[]): string {
  const final = rejections.filter(({ isFinal }) => isFinal).length;
  const helpless = "Preemption is not helpful for scheduling";
  const victimless = "No preemption victims found for incoming pod";
  const parts = [
    ...(final > 0 ? [`${final} ${helpless}`] : []),
    ...(count - final > 0 ? [`${count - final} ${victimless}`] : []),
  ];
  return `preemption: 0/${count} nodes are available: ${parts.toSorted().join(", ")}.`;
}
