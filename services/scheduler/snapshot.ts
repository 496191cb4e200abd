/** Nodes and the pods on them, as sums that are kept up to date. Plain and synchronous. */
import type { Node, Pod } from "#proto/gen/k8s/core/v1.ts";
import { unitsOf } from "./amounts.ts";
import {
  type Amounts,
  type HostPort,
  hostPortsOf,
  requestsOf,
  scoringRequestsOf,
} from "./requests.ts";

/** A pod with what it asks for, counted once. */
export interface PodFacts {
  readonly pod: Pod;
  readonly requests: Amounts;
  readonly scoringRequests: Amounts;
  readonly hostPorts: readonly HostPort[];
}

export function factsOf(pod: Pod): PodFacts {
  return {
    pod,
    requests: requestsOf(pod),
    scoringRequests: scoringRequestsOf(pod),
    hostPorts: hostPortsOf(pod),
  };
}

/** One node as plugins see it. Only the snapshot writes to it. */
export interface NodeInfo {
  readonly name: string;
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly podsMax: number;
  readonly requested: Amounts;
  readonly scoringRequested: Amounts;
  readonly pods: ReadonlyMap<string, PodFacts>;
  /** Bytes by image name, of images that are on the node. */
  readonly images: ReadonlyMap<string, number>;
}

interface Entry extends NodeInfo {
  node: Node;
  allocatable: Amounts;
  podsMax: number;
  images: ReadonlyMap<string, number>;
  readonly requested: Map<string, number>;
  readonly scoringRequested: Map<string, number>;
  readonly pods: Map<string, PodFacts>;
}

const uidOf = ({ metadata }: Pod) => metadata?.uid ?? "";

export class Snapshot {
  readonly #nodes = new Map<string, Entry>();
  /** Pods of nodes that are not known yet, by node. */
  readonly #early = new Map<string, Map<string, PodFacts>>();
  readonly #placed = new Map<string, string>();
  #list: readonly NodeInfo[] | undefined;

  /** All nodes, in the order in which they came. */
  nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#nodes.values()];
    return this.#list;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  /** The node that a pod is counted on, bound or only assumed. */
  placeOf(pod: Pod): string | undefined {
    return this.#placed.get(uidOf(pod));
  }

  putNode(node: Node): void {
    const name = node.metadata?.name ?? "";
    const known = this.#nodes.get(name);
    const facts = nodeFacts(node);
    if (known) {
      Object.assign(known, { node, ...facts });
      return;
    }
    const requested = new Map<string, number>();
    const scoringRequested = new Map<string, number>();
    const pods = new Map<string, PodFacts>();
    this.#nodes.set(name, { name, node, ...facts, requested, scoringRequested, pods });
    this.#list = undefined;
    const early = this.#early.get(name);
    this.#early.delete(name);
    for (const facts of early?.values() ?? []) this.#add(name, facts);
  }

  removeNode(name: string): void {
    const entry = this.#nodes.get(name);
    if (!entry) return;
    this.#nodes.delete(name);
    this.#list = undefined;
    // Its pods may be announced gone later, or the node may come back.
    if (entry.pods.size > 0) this.#early.set(name, entry.pods);
  }

  /** Counts a pod on a node; once, however often it is said. */
  place(facts: PodFacts, node: string): void {
    this.remove(facts.pod);
    this.#placed.set(uidOf(facts.pod), node);
    this.#add(node, facts);
  }

  remove(pod: Pod): void {
    const uid = uidOf(pod);
    const node = this.#placed.get(uid);
    if (node === undefined) return;
    this.#placed.delete(uid);
    this.#early.get(node)?.delete(uid);
    const entry = this.#nodes.get(node);
    const facts = entry?.pods.get(uid);
    if (!entry || !facts) return;
    entry.pods.delete(uid);
    change(entry.requested, facts.requests, -1);
    change(entry.scoringRequested, facts.scoringRequests, -1);
  }

  #add(node: string, facts: PodFacts): void {
    const entry = this.#nodes.get(node);
    if (!entry) {
      const early = this.#early.get(node) ?? new Map<string, PodFacts>();
      this.#early.set(node, early.set(uidOf(facts.pod), facts));
      return;
    }
    entry.pods.set(uidOf(facts.pod), facts);
    change(entry.requested, facts.requests, 1);
    change(entry.scoringRequested, facts.scoringRequests, 1);
  }
}

function change(sums: Map<string, number>, amounts: Amounts, sign: 1 | -1): void {
  for (const [name, amount] of amounts) {
    const sum = (sums.get(name) ?? 0) + sign * amount;
    if (sum === 0) sums.delete(name);
    else sums.set(name, sum);
  }
}

function nodeFacts({ status }: Node) {
  const { pods = "110", ...rest } = status?.allocatable ?? {};
  const allocatable = new Map(
    Object.entries(rest).map(([name, quantity]) => [name, unitsOf(name, quantity)]),
  );
  const images = new Map(
    (status?.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) =>
      names.map((name) => [name, sizeBytes] as const),
    ),
  );
  return { allocatable, podsMax: unitsOf("pods", pods), images };
}
