/** Whether the operations on each key could have happened one after the other. */
import { isCached, isWrite, type Operation, writesOf } from "../history/operation.ts";
import {
  absentKey,
  type KeyCall,
  type KeyEffect,
  keyModel,
  type KeyState,
  type Passage,
  passageAfter,
} from "./keymodel.ts";
import { search, type Timed, type Verdict } from "./search.ts";
import { type Violation, violation } from "./violation.ts";

/** Steps of the search for one key; a history that needs more is undecided, which is a failure. */
const stepsMax = 2_000_000;
/** Calls that an excerpt of a history goes back at most, … */
const excerptMax = 16;
/** … and steps of the search for a small one. */
const stepsOfExcerptMax = 20_000;

/** @param initial what keys held before the first operation; others were absent */
export function checkLinearizable(
  operations: readonly Operation[],
  initial: ReadonlyMap<string, KeyState>,
): Violation[] {
  const violations: Violation[] = [];
  for (const [key, calls] of callsByKey(operations, initial.keys())) {
    const start = { state: initial.get(key) ?? absentKey, writes: 0 };
    const verdict = search(keyModel(start), calls, stepsMax);
    if (verdict.type === "linearizable") continue;
    if (verdict.type === "undecided") {
      const text = `${key}: undecided after ${verdict.steps} steps for ${calls.length} operations`;
      violations.push(violation("linearizable", text));
      continue;
    }
    const { before, calls: shown } = excerptOf(start, verdict);
    const held = `${before.state.value ?? "absent"}@${before.state.revision}`;
    const told = `what ${calls.length} operations were told`;
    const text = `${key}: no order explains ${told}; after ${held}`;
    violations.push(violation("linearizable", text, unique(shown.map(({ input }) => input))));
  }
  return violations;
}

/**
 * A part of a violated history that is violated by itself: the last calls that could be put in
 * order and those that did not fit, without reads that make no difference, and the state before.
 */
function excerptOf(
  initial: Passage,
  { longest, stuck }: Extract<Verdict<KeyCall>, { type: "violated" }>,
): { readonly before: Passage; readonly calls: readonly Timed<KeyCall>[] } {
  for (let taken = 1; taken <= excerptMax; taken *= 2) {
    const start = Math.max(0, longest.length - taken);
    const before = longest
      .slice(0, start)
      .reduce((passage, { input }) => passageAfter(passage, input.effect) ?? passage, initial);
    const calls = [...longest.slice(start), ...stuck];
    const isViolated = (some: readonly Timed<KeyCall>[]) =>
      search(keyModel(before), some, stepsOfExcerptMax).type === "violated";
    if (!isViolated(calls)) continue;
    let kept = calls;
    for (const call of calls) {
      const without = kept.filter((each) => each !== call);
      if (!changes(call.input.effect) && isViolated(without)) kept = without;
    }
    return { before, calls: kept };
  }
  return { before: initial, calls: [...longest.slice(-excerptMax), ...stuck] };
}

const changes = ({ type }: KeyEffect) => type === "done" || type === "unknown";

const unique = (calls: readonly KeyCall[]): Operation[] => [
  ...new Set(calls.map(({ operation }) => operation)),
];

/** Each operation as every key sees it that it is about. */
function callsByKey(
  operations: readonly Operation[],
  known: Iterable<string>,
): Map<string, Timed<KeyCall>[]> {
  const keys = new Map<string, Timed<KeyCall>[]>([...known].map((key) => [key, []]));
  for (const operation of operations) {
    const { call } = operation;
    const named = call.type === "commit" ? call.steps.map(({ key }) => key) : [];
    for (const key of call.type === "get" ? [call.key] : named) {
      if (!keys.has(key)) keys.set(key, []);
    }
  }
  for (const operation of operations) {
    const { invokedAt, returnedAt } = operation;
    for (const [key, effect] of effectsOf(operation, keys.keys())) {
      keys.get(key)?.push({ input: { operation, effect }, invokedAt, returnedAt });
    }
  }
  for (const [key, calls] of keys) keys.set(key, counted(calls));
  return keys;
}

/** Tells each write how many of the key have lower revisions. */
function counted(calls: readonly Timed<KeyCall>[]): Timed<KeyCall>[] {
  const revisionOf = ({ input: { effect } }: Timed<KeyCall>) =>
    effect.type === "done" ? effect.revision : 0;
  const revisions = calls.map(revisionOf).filter((revision) => revision > 0);
  const order = new Map(revisions.toSorted((a, b) => a - b).map((each, index) => [each, index]));
  return calls.map((call) => {
    const { effect } = call.input;
    if (effect.type !== "done") return call;
    const before = order.get(effect.revision) ?? 0;
    return { ...call, input: { ...call.input, effect: { ...effect, before } } };
  });
}

function effectsOf(operation: Operation, keys: Iterable<string>): [string, KeyEffect][] {
  const { call, outcome } = operation;
  if (isCached(call)) return [];
  if (call.type === "get") {
    return outcome.type === "got" ? [[call.key, { type: "read", found: outcome.found }]] : [];
  }
  if (call.type === "list") {
    if (outcome.type !== "listed") return [];
    const found = new Map(outcome.found.map((each) => [each.key, each]));
    return [...keys].map((key) => [key, { type: "read", found: found.get(key) }]);
  }
  switch (outcome.type) {
    case "committed": {
      const revisions = new Map(
        writesOf(call.steps, outcome.revision).map(({ step, revision }) => [step, revision]),
      );
      return call.steps.map((step) => {
        const revision = isWrite(step) ? (revisions.get(step) ?? 0) : 0;
        return [step.key, { type: "done", step, revision, before: 0 }];
      });
    }
    case "refused":
      return refusedEffects(operation);
    case "unknown":
      return call.steps.map((step) => [step.key, { type: "unknown", step }]);
    default:
      return [];
  }
}

/** The step that was refused, and what its key held a little later. */
function refusedEffects({ call, outcome }: Operation): [string, KeyEffect][] {
  if (call.type !== "commit" || outcome.type !== "refused") return [];
  const step = call.steps[outcome.step];
  if (!step) return [];
  const refused: [string, KeyEffect] = [
    step.key,
    { type: "refused", step, reason: outcome.reason },
  ];
  const { current } = outcome;
  return current ? [refused, [step.key, { type: "read", found: current }]] : [refused];
}
