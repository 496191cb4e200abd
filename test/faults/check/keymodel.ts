/** What one key promises: create, update, delete, check and read of it, each at one instant. */
import type { Found, Operation, Refusal, Step } from "../history/operation.ts";
import type { Model } from "./search.ts";

export interface KeyState {
  /** Undefined: the key is absent. */
  readonly value: string | undefined;
  /** Of the last write, the deletion included. */
  readonly revision: number;
  /** False after a write that nobody was told the revision of: it is higher than `revision`. */
  readonly isExact: boolean;
}

export type KeyEffect =
  | { readonly type: "read"; readonly found: Found | undefined }
  /** `revision` of the write; 0 for a check. `before`: writes of the key with lower revisions. */
  | {
      readonly type: "done";
      readonly step: Step;
      readonly revision: number;
      readonly before: number;
    }
  | { readonly type: "refused"; readonly step: Step; readonly reason: Refusal }
  /** It happens if it can at that moment. */
  | { readonly type: "unknown"; readonly step: Step };

/** An operation as one key sees it. */
export interface KeyCall {
  readonly operation: Operation;
  readonly effect: KeyEffect;
}

export const absentKey: KeyState = { value: undefined, revision: 0, isExact: true };

/** A key on the way through its history. */
export interface Passage {
  readonly state: KeyState;
  /** Writes that were acknowledged or logged, so far. */
  readonly writes: number;
}

/**
 * Revisions rise, so whoever has written must come after those with lower ones: without that hint
 * the search would learn of a wrong turn only much later.
 */
export const keyModel = (initial: Passage): Model<Passage, KeyCall> => ({
  initial,
  step: (passage, { effect }) => passageAfter(passage, effect),
  textOf: ({ state: { value = "-", revision, isExact } }) =>
    `${value}@${revision}${isExact ? "" : "+"}`,
});

export function passageAfter(passage: Passage, effect: KeyEffect): Passage | undefined {
  const { state, writes } = passage;
  const isCounted = effect.type === "done" && effect.step.verb !== "check";
  if (isCounted && effect.before !== writes) return undefined;
  const after = stateAfter(state, effect);
  if (after === state && !isCounted) return passage;
  return after && { state: after, writes: isCounted ? writes + 1 : writes };
}

/** Undefined when the key in this state cannot have answered so. */
export function stateAfter(state: KeyState, effect: KeyEffect): KeyState | undefined {
  switch (effect.type) {
    case "read":
      return afterRead(state, effect.found);
    case "done":
      return afterWrite(state, effect.step, effect.revision);
    case "refused":
      return isRefusable(state, effect.step, effect.reason) ? state : undefined;
    case "unknown":
      // Where it cannot happen it does not: it may later, or never.
      return isAllowed(state, effect.step)
        ? { ...afterStep(state, effect.step), isExact: false }
        : undefined;
  }
}

function afterRead(state: KeyState, found: Found | undefined): KeyState | undefined {
  if (found?.value !== state.value) return undefined;
  if (!found) return state;
  if (state.isExact) return found.revision === state.revision ? state : undefined;
  return found.revision > state.revision
    ? { ...state, revision: found.revision, isExact: true }
    : undefined;
}

function afterWrite(state: KeyState, step: Step, revision: number): KeyState | undefined {
  if (!isAllowed(state, step)) return undefined;
  if (step.verb === "check") return state;
  if (revision <= state.revision) return undefined;
  return { ...afterStep(state, step), revision, isExact: true };
}

const afterStep = (state: KeyState, { verb, value }: Step): KeyState => ({
  ...state,
  value: verb === "delete" ? undefined : value,
});

function isAllowed(state: KeyState, { verb, expected }: Step): boolean {
  const isAbsent = state.value === undefined;
  if (verb === "create" || (verb === "check" && expected === 0)) return isAbsent;
  return !isAbsent && (expected === 0 || isAt(state, expected));
}

/** Of a revision that nobody was told, only what it cannot be is known. */
const isAt = ({ revision, isExact }: KeyState, expected: number): boolean =>
  isExact ? revision === expected : expected > revision;

function isRefusable(state: KeyState, { expected }: Step, reason: Refusal): boolean {
  const isAbsent = state.value === undefined;
  if (reason === "exists") return !isAbsent;
  if (reason === "absent") return isAbsent;
  return !isAbsent && !(state.isExact && state.revision === expected);
}
