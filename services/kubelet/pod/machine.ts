/** One pod on this node: look, decide, act, wait for the next change. */
import { assign, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";
import { plan, type Action, type PodPlan } from "./decide.ts";
import type { PodView } from "./view.ts";

type Input = { uid: string };
type Context = Input & { dirty: boolean; attempt: number; plan: PodPlan };
type Event =
  /** The object, a container or a probe changed. */
  { type: "Changed" };

const backoffMsMin = 20;
const backoffMsMax = 10_000;
/** Without a reason to wake a pod is looked at this often, should a change have been missed. */
const wakeMsMax = 600_000;
const nothing: PodPlan = { actions: [], wakeAfterMs: undefined, isGone: false };

export const podMachine = setup({
  types: { context: {} as Context, events: {} as Event, input: {} as Input },
  actors: { observe: slot<PodView, string>(), act: slot<void, readonly Action[]>() },
  actions: {
    decide: assign({ plan: (_, view: PodView) => plan(view) }),
    markDirty: assign({ dirty: true }),
    clearDirty: assign({ dirty: false }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    reportFailure: (_, _failure: { error: unknown }) => undefined,
  },
  guards: {
    isDirty: ({ context }) => context.dirty,
    isGone: ({ context }) => context.plan.isGone,
    hasActions: ({ context }) => context.plan.actions.length > 0,
  },
  delays: {
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
    wake: ({ context }) => Math.min(context.plan.wakeAfterMs ?? wakeMsMax, wakeMsMax),
  },
}).createMachine({
  id: "pod",
  context: ({ input }) => ({ ...input, dirty: false, attempt: 0, plan: nothing }),
  initial: "observing",
  on: { Changed: { actions: "markDirty" } },
  states: {
    observing: {
      entry: "clearDirty",
      invoke: {
        src: "observe",
        input: ({ context }) => context.uid,
        onDone: {
          target: "decided",
          actions: { type: "decide", params: ({ event }) => event.output },
        },
        onError: {
          target: "backingOff",
          actions: { type: "reportFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    decided: {
      always: [
        { guard: "hasActions", target: "acting" },
        { guard: "isGone", target: "gone" },
        { target: "settled" },
      ],
    },
    acting: {
      invoke: {
        src: "act",
        input: ({ context }) => context.plan.actions,
        onDone: [{ guard: "isGone", target: "gone" }, { target: "observing" }],
        onError: {
          target: "backingOff",
          actions: { type: "reportFailure", params: ({ event }) => ({ error: event.error }) },
        },
      },
    },
    settled: {
      entry: "resetAttempts",
      always: { guard: "isDirty", target: "observing" },
      on: { Changed: "observing" },
      after: { wake: "observing" },
    },
    backingOff: { entry: "countAttempt", after: { backoff: "observing" } },
    gone: { type: "final" },
  },
});
