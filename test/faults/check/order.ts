/**
 * The order that revisions claim: one for all keys. Writes in this order must be allowed one after
 * the other, reads must show the state at their revision, and the order must agree with time.
 */
import type { Logged } from "../history/observation.ts";
import {
  type Found,
  isCached,
  isWrite,
  lineOf,
  type Operation,
  writesOf,
} from "../history/operation.ts";
import { absentKey, type KeyState, stateAfter } from "./keymodel.ts";
import { type Violation, violation } from "./violation.ts";

/** Violations of one property that are told; the rest are as their first. */
const toldMax = 5;

/** Every state of every key, by the revision that made it. */
export class Timeline {
  readonly #states = new Map<string, KeyState[]>();

  constructor(initial: ReadonlyMap<string, KeyState>, logged: readonly Logged[]) {
    for (const [key, state] of initial) this.#states.set(key, [state]);
    for (const { key, type, value, revision } of logged) {
      const state = { value: type === "deleted" ? undefined : value, revision, isExact: true };
      const states = this.#states.get(key);
      if (states) states.push(state);
      else this.#states.set(key, [state]);
    }
  }

  keys(): Iterable<string> {
    return this.#states.keys();
  }

  /** What the key held at a revision. */
  at(key: string, revision: number): KeyState {
    const states = this.#states.get(key) ?? [];
    let [low, high] = [0, states.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((states[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return states[low - 1] ?? absentKey;
  }
}

export function checkOrder(
  operations: readonly Operation[],
  logged: readonly Logged[],
  initial: ReadonlyMap<string, KeyState>,
): Violation[] {
  const timeline = new Timeline(initial, logged);
  return [
    ...checkUnique(operations),
    ...checkWrites(operations, timeline),
    ...checkReads(withoutOlder(operations, initial), timeline),
    ...checkTime(operations),
  ];
}

/** No revision belongs to two writes. */
function checkUnique(operations: readonly Operation[]): Violation[] {
  const owners = new Map<number, Operation>();
  const violations: Violation[] = [];
  for (const operation of operations) {
    const { call, outcome } = operation;
    if (call.type !== "commit" || outcome.type !== "committed") continue;
    for (const { revision } of writesOf(call.steps, outcome.revision)) {
      const other = owners.get(revision);
      owners.set(revision, operation);
      if (!other || other === operation) continue;
      const message = `revision ${revision} was given twice`;
      violations.push(violation("unique revisions", message, [other, operation]));
    }
  }
  return violations.slice(0, toldMax);
}

/** Each commit was allowed in the state just before its first write, and all of it at once. */
function checkWrites(operations: readonly Operation[], timeline: Timeline): Violation[] {
  const violations: Violation[] = [];
  for (const operation of operations) {
    const { call, outcome } = operation;
    if (call.type !== "commit" || outcome.type !== "committed") continue;
    const writes = call.steps.filter(isWrite).length;
    if (writes === 0) continue;
    const before = outcome.revision - writes;
    for (const step of call.steps) {
      const state = timeline.at(step.key, before);
      const last = { revision: Number.MAX_SAFE_INTEGER, before: 0 };
      const effect = { type: "done", step, ...last } as const;
      if (stateAfter(state, effect)) continue;
      const held = `${state.value ?? "absent"}@${state.revision}`;
      const message = `${step.verb} of ${step.key}: not allowed at ${before}, it was ${held}`;
      violations.push(violation("compare and swap", message, [operation]));
    }
  }
  return violations.slice(0, toldMax);
}

/** A cache may be so old that the state it shows was before all that is known here. */
function withoutOlder(
  operations: readonly Operation[],
  initial: ReadonlyMap<string, KeyState>,
): Operation[] {
  const start = Math.max(0, ...[...initial.values()].map(({ revision }) => revision));
  return operations.filter(
    ({ call, outcome }) => !(isCached(call) && "revision" in outcome && outcome.revision < start),
  );
}

function checkReads(operations: readonly Operation[], timeline: Timeline): Violation[] {
  const violations: Violation[] = [];
  for (const operation of operations) {
    const { call, outcome } = operation;
    if (outcome.type === "got" && call.type === "get" && outcome.revision > 0) {
      const message = differenceAt(timeline, call.key, outcome.revision, outcome.found);
      if (message) violations.push(violation("reads at a revision", message, [operation]));
    }
    if (outcome.type === "listed" && outcome.revision > 0) {
      const found = new Map(outcome.found.map((each) => [each.key, each]));
      for (const key of new Set([...timeline.keys(), ...found.keys()])) {
        const message = differenceAt(timeline, key, outcome.revision, found.get(key));
        if (!message) continue;
        violations.push(violation("lists are consistent", message, [operation]));
      }
    }
  }
  return violations.slice(0, toldMax);
}

function differenceAt(
  timeline: Timeline,
  key: string,
  revision: number,
  found: Found | undefined,
): string | undefined {
  const state = timeline.at(key, revision);
  const isSame = found?.value === state.value && (!found || found.revision === state.revision);
  if (isSame) return undefined;
  const told = found ? `${found.value}@${found.revision}` : "absent";
  const held = `${state.value ?? "absent"}@${state.revision}`;
  return `${key} at ${revision}: ${told}, the log says ${held}`;
}

/** Who begins after another has ended comes later in the order, too. */
function checkTime(operations: readonly Operation[]): Violation[] {
  const placed = operations.flatMap((operation) => {
    const place = placeOf(operation);
    return place ? [{ operation, ...place }] : [];
  });
  const byReturn = placed.toSorted((a, b) =>
    a.operation.returnedAt === b.operation.returnedAt
      ? 0
      : a.operation.returnedAt - b.operation.returnedAt,
  );
  const byInvoke = placed.toSorted((a, b) => a.operation.invokedAt - b.operation.invokedAt);
  const violations: Violation[] = [];
  let highest: (typeof placed)[number] | undefined;
  let ended = 0;
  for (const each of byInvoke) {
    for (let next = byReturn[ended]; next; next = byReturn[ended]) {
      if (next.operation.returnedAt >= each.operation.invokedAt) break;
      if (!highest || next.last > highest.last) highest = next;
      ended += 1;
    }
    if (!highest || each.first >= highest.last + (each.isWriting ? 1 : 0)) continue;
    const message = `revision ${each.first} after ${highest.last} was told`;
    const shown = [highest.operation, each.operation];
    violations.push(violation("revisions agree with time", message, shown));
  }
  return violations.slice(0, toldMax);
}

/** Revisions that an operation stands at; undefined when it was not told any. */
function placeOf({
  call,
  outcome,
}: Operation): { first: number; last: number; isWriting: boolean } | undefined {
  if (isCached(call)) return undefined;
  switch (outcome.type) {
    case "committed": {
      const writes = call.type === "commit" ? call.steps.filter(isWrite).length : 0;
      const { revision } = outcome;
      return { first: revision - Math.max(0, writes - 1), last: revision, isWriting: writes > 0 };
    }
    case "got":
    case "listed": {
      const { revision } = outcome;
      return revision === 0 ? undefined : { first: revision, last: revision, isWriting: false };
    }
    default:
      return undefined;
  }
}

/** For a report: the history of one key, in order of its invocations. */
export const linesOf = (operations: readonly Operation[]): string[] =>
  operations.toSorted((a, b) => a.invokedAt - b.invokedAt).map(lineOf);
