/** The life of a store: find the log, read it, claim it, serve it. */
import { type AnyEventObject, assign, fromCallback, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

/** Why the store cannot go on. */
export type Loss =
  /** The log is another store's, or silent: start anew and read what it holds. */
  | { readonly type: "Deposed"; readonly message: string }
  /** The log lost what it had acknowledged: only a person can decide. */
  | { readonly type: "Damaged"; readonly message: string };

export type StoreEvent =
  | { readonly type: "Stop" }
  /** The NATS server knows the subscription: whoever asks now is heard. */
  | { readonly type: "Listening" }
  | { readonly type: "Lost"; readonly loss: Loss };

export interface StoreContext {
  readonly attempt: number;
  /** Revision of the state when it was last looked at: after replay and claim. */
  readonly revision: number;
  readonly epoch: number;
  /** What went wrong last, in words. */
  readonly problem: string;
}

export interface Replayed {
  readonly revision: number;
}

/** `behind`: somebody else wrote first; read on and try again. */
export type Claim =
  | { readonly type: "claimed"; readonly epoch: number }
  | { readonly type: "behind" };

const missing = () => {
  throw new Error("effect not provided");
};

const backoffMsMin = 100;
const backoffMsMax = 5_000;
/** Milliseconds for commits under way at an orderly end. */
const drainMsMax = 4_000;

const isDamage = (error: unknown) => error instanceof Error && error.name === "DamagedError";
const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const problem = {
  type: "noteProblem",
  params: ({ event }: { event: { error: unknown } }) => event.error,
} as const;
const loss = {
  type: "noteProblem",
  params: ({ event }: { event: { loss: Loss } }) => event.loss.message,
} as const;
const errorOf = ({ event }: { event: { error: unknown } }) => event.error;
const onError = [
  { guard: { type: "isDamage", params: errorOf }, target: "refusing", actions: problem },
  { target: "waiting", actions: problem },
] as const;

export const storeMachine = setup({
  types: { context: {} as StoreContext, events: {} as StoreEvent },
  actors: {
    open: slot<void>(),
    replay: slot<Replayed>(),
    claim: slot<Claim>(),
    serve: fromCallback<AnyEventObject, undefined, StoreEvent>(missing),
    drain: slot<void>(),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    noteReplayed: assign({ revision: (_, { revision }: Replayed) => revision }),
    noteClaim: assign({ epoch: (_, claim: Claim) => (claim.type === "claimed" ? claim.epoch : 0) }),
    noteProblem: assign({ problem: (_, error: unknown) => textOf(error) }),
    /** Told to a person: the log is damaged, and nothing is served from it. */
    report: () => undefined,
    fail: ({ context }) => {
      throw new Error(context.problem);
    },
  },
  guards: {
    isDamage: (_, error: unknown) => isDamage(error),
    isClaimed: (_, claim: Claim) => claim.type === "claimed",
    isDamaged: (_, { type }: Loss) => type === "Damaged",
  },
  delays: {
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
    drainMsMax,
  },
}).createMachine({
  id: "store",
  context: { attempt: 0, revision: 0, epoch: 0, problem: "" },
  initial: "connecting",
  states: {
    connecting: {
      on: { Stop: "stopped" },
      invoke: { src: "open", onDone: "replaying", onError: [...onError] },
    },
    waiting: {
      entry: "countAttempt",
      on: { Stop: "stopped" },
      after: { backoff: "connecting" },
    },
    replaying: {
      on: { Stop: "stopped" },
      invoke: {
        src: "replay",
        onDone: {
          target: "claiming",
          actions: { type: "noteReplayed", params: ({ event }) => event.output },
        },
        onError: [...onError],
      },
    },
    claiming: {
      on: { Stop: "stopped" },
      invoke: {
        src: "claim",
        onDone: [
          {
            guard: { type: "isClaimed", params: ({ event }) => event.output },
            target: "serving",
            actions: { type: "noteClaim", params: ({ event }) => event.output },
          },
          { target: "replaying" },
        ],
        onError: [...onError],
      },
    },
    serving: {
      entry: "resetAttempts",
      invoke: { src: "serve" },
      initial: "subscribing",
      states: {
        subscribing: { on: { Listening: "answering" } },
        answering: { tags: "ready" },
      },
      on: {
        Stop: "stopping",
        Lost: [
          {
            guard: { type: "isDamaged", params: ({ event }) => event.loss },
            target: "refusing",
            actions: loss,
          },
          { target: "failing", actions: loss },
        ],
      },
    },
    stopping: {
      invoke: { src: "drain", onDone: "stopped", onError: "stopped" },
      after: { drainMsMax: "stopped" },
    },
    refusing: { tags: "refusing", entry: "report", on: { Stop: "stopped" } },
    failing: { entry: "fail" },
    stopped: { type: "final" },
  },
});
