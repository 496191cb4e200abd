/**
 * Whether some order of concurrent calls explains what each of them was told: the search of Wing
 * and Gong with the memory of Lowe, as porcupine does it. Knows nothing of what the calls mean.
 */

/** One call as the search sees it. */
export interface Timed<Input> {
  readonly input: Input;
  readonly invokedAt: number;
  /** Infinity when it may take effect at any later time, or never. */
  readonly returnedAt: number;
}

/** What the calls act on. */
export interface Model<State, Input> {
  readonly initial: State;
  /** The state after the call; undefined when the call could not be told what it was told. */
  step(state: State, input: Input): State | undefined;
  /** Equal for states that are the same. */
  textOf(state: State): string;
}

export type Verdict<Input> =
  | { readonly type: "linearizable" }
  /** `longest`: the most calls that could be put in order; `stuck`: those that did not follow. */
  | {
      readonly type: "violated";
      readonly longest: readonly Timed<Input>[];
      readonly stuck: readonly Timed<Input>[];
    }
  /** The search was given up after so many steps: nobody knows. */
  | { readonly type: "undecided"; readonly steps: number };

/** A place in the doubly linked list of calls and returns. */
interface Node<Input> {
  readonly call: Timed<Input>;
  readonly index: number;
  /** Undefined on the return itself. */
  readonly match: Node<Input> | undefined;
  previous: Node<Input> | undefined;
  next: Node<Input> | undefined;
}

interface Lifted<State, Input> {
  readonly node: Node<Input>;
  /** The state before. */
  readonly state: State;
  /** It changed nothing, so nothing is gained by putting it elsewhere. */
  readonly isIdle: boolean;
}

/**
 * Tries the calls in every order that their times allow, at most `stepsMax` times. A call without
 * a return may be left out, as the last of all. A call that changes nothing (`step` gives the same
 * state back) is taken as soon as it fits.
 */
export function search<State, Input>(
  model: Model<State, Input>,
  calls: readonly Timed<Input>[],
  stepsMax: number,
): Verdict<Input> {
  const head = listOf(calls);
  const must = calls.filter(({ returnedAt }) => Number.isFinite(returnedAt)).length;
  const done = new Bits(calls.length);
  const seen = new Set<string>();
  const lifted: Lifted<State, Input>[] = [];
  let longest: Timed<Input>[] = [];
  let stuck: Node<Input> | undefined;
  let state = model.initial;
  let ended = 0;
  let node = head.next;

  for (let steps = 0; ended < must; steps += 1) {
    if (steps > stepsMax) return { type: "undecided", steps };
    const after = node?.match ? model.step(state, node.call.input) : undefined;
    if (node?.match && after !== undefined) {
      done.set(node.index);
      const text = `${done.text()}|${model.textOf(after)}`;
      if (!seen.has(text)) {
        seen.add(text);
        lifted.push({ node, state, isIdle: after === state });
        state = after;
        if (Number.isFinite(node.call.returnedAt)) ended += 1;
        lift(node);
        node = head.next;
        continue;
      }
      done.clear(node.index);
    }
    if (node?.match) {
      node = node.next;
      continue;
    }
    // A return: its call had to come before, and did not fit. Take the last one back.
    if (lifted.length >= longest.length) {
      longest = lifted.map(({ node: { call } }) => call);
      stuck = node;
    }
    let last = lifted.pop();
    // Calls that change nothing were taken as early as could be: no other place is better.
    while (last?.isIdle) {
      done.clear(last.node.index);
      if (Number.isFinite(last.node.call.returnedAt)) ended -= 1;
      unlift(last.node);
      last = lifted.pop();
    }
    if (!last) return { type: "violated", longest, stuck: stuckAt(longest, stuck, calls) };
    state = last.state;
    done.clear(last.node.index);
    if (Number.isFinite(last.node.call.returnedAt)) ended -= 1;
    unlift(last.node);
    node = last.node.next;
  }
  return { type: "linearizable" };
}

/** The call that had to be next, and those that were under way beside it. */
function stuckAt<Input>(
  longest: readonly Timed<Input>[],
  stuck: Node<Input> | undefined,
  calls: readonly Timed<Input>[],
): Timed<Input>[] {
  const at = stuck?.call.returnedAt ?? Number.POSITIVE_INFINITY;
  const placed = new Set(longest);
  return calls.filter((call) => !placed.has(call) && call.invokedAt <= at);
}

/** Calls and returns by time behind an empty head; at the same time, calls come first. */
function listOf<Input>(calls: readonly Timed<Input>[]): Node<Input> {
  const nodes: { readonly at: number; readonly order: number; readonly node: Node<Input> }[] = [];
  for (const [index, call] of calls.entries()) {
    const links = { call, index, previous: undefined, next: undefined };
    const back: Node<Input> = { ...links, match: undefined };
    const node: Node<Input> = { ...links, match: back };
    nodes.push(
      { at: call.invokedAt, order: 0, node },
      { at: call.returnedAt, order: 1, node: back },
    );
  }
  // Infinities are equal, and their difference is no number.
  nodes.sort((a, b) => (a.at === b.at ? a.order - b.order : a.at - b.at));
  const head = { previous: undefined, next: undefined } as Node<Input>;
  let last = head;
  for (const { node } of nodes) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

/** Takes a call and its return out of the list. */
function lift<Input>(node: Node<Input>): void {
  for (const each of [node, node.match]) {
    if (!each) continue;
    if (each.previous) each.previous.next = each.next;
    if (each.next) each.next.previous = each.previous;
  }
}

/** Puts both back where they were: the return first, since it was taken out last. */
function unlift<Input>(node: Node<Input>): void {
  for (const each of [node.match, node]) {
    if (!each) continue;
    if (each.previous) each.previous.next = each;
    if (each.next) each.next.previous = each;
  }
}

/** A set of small numbers that has a text. */
class Bits {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  set(index: number): void {
    this.#words[index >> 5] = (this.#words[index >> 5] ?? 0) | (1 << (index & 31));
  }

  clear(index: number): void {
    this.#words[index >> 5] = (this.#words[index >> 5] ?? 0) & ~(1 << (index & 31));
  }

  text(): string {
    return Buffer.from(this.#words.buffer).toString("latin1");
  }
}
