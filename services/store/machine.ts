/** The life of a store: find the log, read it, follow whoever leads, claim it, lead. */
import { type AnyEventObject, assign, fromCallback, setup } from "xstate";
import { slot } from "#libs/actor/slot.ts";

/** Why the store cannot go on. */
export type Loss =
  /** The log is another store's, or silent: read on what it holds. */
  | { readonly type: "Deposed"; readonly message: string }
  /** The memory cannot be right: start anew. */
  | { readonly type: "Broken"; readonly message: string }
  /** The log lost what it had acknowledged: only a person can decide. */
  | { readonly type: "Damaged"; readonly message: string };

export type StoreEvent =
  | { readonly type: "Stop" }
  /** A leader was heard of. */
  | { readonly type: "Led" }
  /** Nobody leads, as long as it was waited for. */
  | { readonly type: "ClaimDue" }
  /** The log was cut before it was read: there is a newer snapshot. */
  | { readonly type: "Outrun" }
  /** The NATS server knows the subscription: whoever asks now is heard. */
  | { readonly type: "Listening" }
  /** An append has no answer for too long; nothing is committed. */
  | { readonly type: "Stalled" }
  | { readonly type: "Recovered" }
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
/** Milliseconds for what is under way at an orderly end. */
const resignMsMax = 4_000;

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
const lossIn = ({ event }: { event: { loss: Loss } }) => event.loss;
const onError = [
  { guard: { type: "isDamage", params: errorOf }, target: "refusing", actions: problem },
  { target: "waiting", actions: problem },
] as const;
const onLost = [
  { guard: { type: "isDamaged", params: lossIn }, target: "refusing", actions: loss },
  { guard: { type: "isDeposed", params: lossIn }, target: "following", actions: loss },
  { target: "failing", actions: loss },
] as const;

export const storeMachine = setup({
  types: { context: {} as StoreContext, events: {} as StoreEvent },
  actors: {
    open: slot<void>(),
    replay: slot<Replayed>(),
    claim: slot<Claim>(),
    follow: fromCallback<AnyEventObject, undefined, StoreEvent>(missing),
    lead: fromCallback<AnyEventObject, undefined, StoreEvent>(missing),
    resign: slot<void>(),
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    resetAttempts: assign({ attempt: 0 }),
    noteReplayed: assign({ revision: (_, { revision }: Replayed) => revision }),
    noteClaim: assign({ epoch: (_, claim: Claim) => (claim.type === "claimed" ? claim.epoch : 0) }),
    noteProblem: assign({ problem: (_, error: unknown) => textOf(error) }),
    /** Told to a person: why it starts once more. */
    tellProblem: () => undefined,
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
    isDeposed: (_, { type }: Loss) => type === "Deposed",
  },
  delays: {
    backoff: ({ context }) => Math.min(backoffMsMin * 2 ** context.attempt, backoffMsMax),
    resignMsMax,
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
      entry: ["countAttempt", "tellProblem"],
      on: { Stop: "stopped" },
      after: { backoff: "connecting" },
    },
    replaying: {
      on: { Stop: "stopped" },
      invoke: {
        src: "replay",
        onDone: {
          target: "following",
          actions: { type: "noteReplayed", params: ({ event }) => event.output },
        },
        onError: [...onError],
      },
    },
    following: {
      invoke: { src: "follow" },
      initial: "seeking",
      states: {
        seeking: { on: { Led: "standingBy" } },
        standingBy: { tags: ["ready", "standby"], entry: "resetAttempts" },
      },
      on: {
        Stop: "stopped",
        ClaimDue: "claiming",
        Outrun: "replaying",
        Lost: [...onLost],
      },
    },
    claiming: {
      on: { Stop: "stopped" },
      invoke: {
        src: "claim",
        onDone: [
          {
            guard: { type: "isClaimed", params: ({ event }) => event.output },
            target: "leading",
            actions: { type: "noteClaim", params: ({ event }) => event.output },
          },
          { target: "following" },
        ],
        onError: [...onError],
      },
    },
    leading: {
      entry: "resetAttempts",
      invoke: { src: "lead" },
      initial: "subscribing",
      states: {
        subscribing: { on: { Listening: "answering", Stalled: "stalled", Stop: "resigning" } },
        answering: { tags: "ready", on: { Stalled: "stalled", Stop: "resigning" } },
        stalled: { tags: "stalled", on: { Recovered: "answering", Stop: "resigning" } },
        resigning: {
          on: { Lost: "#store.stopped" },
          invoke: { src: "resign", onDone: "#store.stopped", onError: "#store.stopped" },
          after: { resignMsMax: "#store.stopped" },
        },
      },
      on: { Lost: [...onLost] },
    },
    refusing: { tags: "refusing", entry: "report", on: { Stop: "stopped" } },
    failing: { entry: "fail" },
    stopped: { type: "final" },
  },
});
