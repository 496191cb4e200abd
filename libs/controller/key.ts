/** One key in work: look, decide, act, wait until the caches show what was done. */
import { assign, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

/** What one look came to. */
export interface Plan {
  readonly actions: readonly unknown[];
  /** Look again after this many milliseconds although nothing changed. */
  readonly requeueAfterMs: number | undefined;
}

/** Resolves when a cache shows a write. */
export type Seen = () => Promise<void>;

type Input = { key: string };
type Context = Input & {
  dirty: boolean;
  attempt: number;
  actions: readonly unknown[];
  seen: readonly Seen[];
  requeueAfterMs: number | undefined;
};
type Event =
  /** Something that the key depends on changed. */
  { type: "Changed" };

/** As client-go's default rate limiter: 5 ms doubled, here up to a minute. */
const backoffMsMin = 5;
const backoffMsMax = 60_000;
/** A cache that does not show a write by then is looked at anyway; the next change corrects it. */
const awaitingMsMax = 10_000;

export const keyMachine = setup({
  types: {
    context: {} as Context,
    events: {} as Event,
    input: {} as Input,
    output: {} as { key: string; requeueAfterMs: number | undefined },
  },
  actors: {
    observe: slot<Plan, string>(),
    apply: slot<readonly Seen[], { key: string; actions: readonly unknown[] }>(),
    awaitSeen: slot<void, readonly Seen[]>(),
  },
  actions: {
    markDirty: assign({ dirty: true }),
    clearDirty: assign({ dirty: false }),
    keepPlan: assign((_, plan: Plan) => ({ ...plan })),
    keepSeen: assign({ seen: (_, seen: readonly Seen[]) => seen }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    reportFailure: (_, _failure: { key: string; error: unknown }) => undefined,
  },
  guards: {
    isDirty: ({ context }) => context.dirty,
    hasNoActions: ({ context }) => context.actions.length === 0,
  },
  delays: {
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
    awaitingMsMax,
  },
}).createMachine({
  id: "key",
  context: ({ input }) => ({
    ...input,
    dirty: false,
    attempt: 0,
    actions: [],
    seen: [],
    requeueAfterMs: undefined,
  }),
  initial: "observing",
  on: { Changed: { actions: "markDirty" } },
  output: ({ context }) => ({ key: context.key, requeueAfterMs: context.requeueAfterMs }),
  states: {
    observing: {
      entry: "clearDirty",
      invoke: {
        src: "observe",
        input: ({ context }) => context.key,
        onDone: {
          target: "planned",
          actions: { type: "keepPlan", params: ({ event }) => event.output },
        },
        onError: {
          target: "backingOff",
          actions: {
            type: "reportFailure",
            params: ({ context, event }) => ({ key: context.key, error: event.error }),
          },
        },
      },
    },
    planned: { always: [{ guard: "hasNoActions", target: "settled" }, { target: "applying" }] },
    applying: {
      invoke: {
        src: "apply",
        input: ({ context }) => ({ key: context.key, actions: context.actions }),
        onDone: {
          target: "awaiting",
          actions: { type: "keepSeen", params: ({ event }) => event.output },
        },
        onError: {
          target: "backingOff",
          actions: {
            type: "reportFailure",
            params: ({ context, event }) => ({ key: context.key, error: event.error }),
          },
        },
      },
    },
    awaiting: {
      invoke: {
        src: "awaitSeen",
        input: ({ context }) => context.seen,
        onDone: "settled",
        onError: "settled",
      },
      after: { awaitingMsMax: "settled" },
    },
    settled: {
      entry: "resetAttempts",
      always: [{ guard: "isDirty", target: "observing" }, { target: "idle" }],
    },
    backingOff: { entry: "countAttempt", after: { backoff: "observing" } },
    idle: { type: "final" },
  },
});
